// The key-value store's records on disk. The first byte of a key says what it is.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"

namespace assent::key_value_store_internal {

inline constexpr char kProofPrefix = 'c';     // + id: this branch and others were committed (R9)
inline constexpr char kDataPrefix = 'd';      // + the user's key
inline constexpr char kNotePrefix = 'k';      // + coordinator: participant/coordinator_notes.h
inline constexpr char kPreparedPrefix = 'p';  // + id: what the branch will do, and its locks

std::string DataKey(std::string_view key);
std::string NoteKey(const CoordinatorId& coordinator);
std::string PreparedKey(const TransactionId& id);
// One proof for all branches of one coordinator that a batch committed: under the highest id, the
// others in the value.
std::string ProofKey(const TransactionId& highest);
std::string EncodeProof(std::span<const Sequence> others);
// False if it is garbled.
bool DecodeProof(std::string_view bytes, std::vector<Sequence>* others);

// A write that is staged in a branch.
struct StagedWrite {
  std::optional<std::uint64_t> old_hash;  // of the record that is there; not kept on disk
  std::optional<std::string> value;       // absent: the key goes
};
using StagedWrites = std::map<std::string, StagedWrite, std::less<>>;
using ReadKeys = std::set<std::string, std::less<>>;

std::string EncodePrepared(const StagedWrites& writes, const ReadKeys& reads);
// False if it is garbled.
bool DecodePrepared(std::string_view bytes, StagedWrites* writes, ReadKeys* reads);

}  // namespace assent::key_value_store_internal
