// The key-value store's records on disk. The first byte of a key says what it is.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.h"

namespace assent::key_value_store_internal {

inline constexpr char kAbortsPrefix = 'a';    // + number: branches of groups that were aborted
inline constexpr char kWrittenBackKey = 'b';  // participant/key_value_store_write_back.h
inline constexpr char kProofPrefix = 'c';     // + id: this branch and others were committed (R9)
inline constexpr char kDataPrefix = 'd';      // + the user's key
inline constexpr char kNotePrefix = 'k';      // + coordinator: participant/coordinator_notes.h
inline constexpr char kPreparedPrefix = 'p';  // + number: a group of prepared branches

// For tables by keys.
struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
};

std::string DataKey(std::string_view key);
std::string NoteKey(const CoordinatorId& coordinator);
// The number, from 1 on, in hexadecimal digits, the lowest first.
std::string NumberedKey(char prefix, std::uint64_t number);
std::optional<std::uint64_t> ParseNumber(std::string_view digits);
// One proof for all branches of one coordinator that a batch committed: under the highest id, the
// batch's number and the others in the value.
std::string ProofKey(const TransactionId& highest);
std::string EncodeProof(std::uint64_t batch, std::span<const Sequence> others);
// False if it is garbled.
bool DecodeProof(std::string_view bytes, std::uint64_t* batch, std::vector<Sequence>* others);

class KeyEntry;  // key_value_store_keys.h

// A write that is staged in a branch.
struct StagedWrite {
  KeyEntry* entry = nullptr;         // in use by the branch; not kept on disk
  std::optional<std::string> value;  // absent: the key goes
};
using StagedWrites = std::map<std::string, StagedWrite, std::less<>>;
using ReadKeys = std::map<std::string, KeyEntry*, std::less<>>;  // as with StagedWrite

// What a branch will do, and the locks it holds.
struct BranchWork {
  StagedWrites writes;
  ReadKeys reads;
};

// The value of a record that names branches, built from the front.
class BranchListWriter {
 public:
  BranchListWriter();

  void Add(const TransactionId& id);
  // With its work: all branches of a list, or none.
  void Add(const TransactionId& id, const BranchWork& work);

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  CoordinatorId coordinator_;  // of the branch before
};

// False if it is garbled.
bool DecodeAborts(std::string_view bytes, std::vector<TransactionId>* ids);
bool DecodeGroup(std::string_view bytes,
                 std::vector<std::pair<TransactionId, BranchWork>>* branches);

}  // namespace assent::key_value_store_internal
