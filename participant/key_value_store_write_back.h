// Committed values on their way to their own records.
//
// A commit is durable with its proof, since its writes are in the record of what was prepared, the
// group. So its values need not be written again at once: they wait in their entries, and are
// written back some batches later, once, however often their keys were committed meanwhile. Until
// then groups and proofs stay, and a start takes the values from them, in the order of batches.
//
// Batches are numbered on over restarts. One record says up to which batch everything committed has
// been written back: what was committed up to it is never taken from a group again, though the
// group may still be there for other branches. So a value that is in its place is replaced by newer
// ones only. Thread-compatible.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "participant/key_value_store_backend.h"
#include "participant/key_value_store_keys.h"

namespace assent::key_value_store_internal {

class WriteBack {
 public:
  // Writes a value back `batches` batches after its key was committed, kOften times as many if it
  // was committed again meanwhile, or earlier, where what waits has become large; at most about
  // `max_bytes` in a batch, which is at least what a batch may commit.
  static constexpr std::size_t kOften = 8;
  static constexpr std::size_t kMaxBatches = 1'000'000;
  WriteBack(std::size_t batches, std::size_t max_bytes, KeyTable* keys)
      : batches_(std::min(batches, kMaxBatches)), max_bytes_(max_bytes), keys_(keys) {}

  // A start: the record. False if it is garbled.
  bool Recover(std::string_view key, std::string_view value);

  // Everything committed up to this batch is in its place, as soon as the batch under way is
  // written.
  std::uint64_t done_up_to() const { return done_up_to_; }

  // `batch` is complete: plans what is due.
  void Plan(std::uint64_t batch, Changes* changes);
  // It is written.
  void Finish();

  // `batch` has committed writes, and keeps so many bytes of groups on the disk until they are
  // written back. Batches grow.
  void AddBatch(std::uint64_t batch, std::size_t bytes);
  // It has committed `value` under the key of an entry that has been loaded.
  void Add(KeyEntry* entry, std::optional<std::string> value, std::uint64_t batch);

  // Calls visit(entry) for those whose values wait. An entry is in use while it does.
  template <typename Visitor>
  void ForEach(Visitor visit) const {
    for (const KeyEntry* const entry : waiting_) visit(*entry);
    for (const KeyEntry* const entry : often_) visit(*entry);
    for (const Planned& planned : planned_) visit(*planned.entry);
  }

 private:
  struct Planned {
    KeyEntry* entry;
    std::optional<std::uint64_t> hash;  // of its record
  };
  using Entries = std::deque<KeyEntry*>;

  std::uint64_t LastForcedByBytes() const;
  std::uint64_t DoneAfter(std::uint64_t batch) const;
  void PlanValue(KeyEntry* entry, Changes* changes);
  void PlanRecord(std::uint64_t done_up_to, Changes* changes);

  const std::size_t batches_;
  const std::size_t max_bytes_;
  KeyTable* const keys_;

  // In the order of the batches since which they wait.
  Entries waiting_;
  Entries often_;  // that were committed again
  // What a start would take from groups: batches above done_up_to_ that committed, and bytes.
  std::deque<std::pair<std::uint64_t, std::size_t>> redo_;
  std::size_t redo_bytes_ = 0;

  std::uint64_t done_up_to_ = 0;
  std::optional<std::uint64_t> record_hash_;  // of the record that says so
  std::vector<Planned> planned_;              // the batch under way writes them
};

}  // namespace assent::key_value_store_internal
