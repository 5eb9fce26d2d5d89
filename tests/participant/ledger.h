// A user's resource manager over the blocking base: balances in memory, as some database would
// hold them. The book outlives the ledger, as the database outlives the process.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "participant/blocking_resource_manager.h"
#include "participant/key_value_store_operations.h"

namespace assent {

struct Book {
  std::mutex mutex;
  std::map<std::string, std::int64_t> balances;
  std::map<TransactionId, std::vector<StoreOperation>> prepared;
  int failing_calls = 0;  // so many of the next calls throw
  bool fails_after_preparing = false;
};

class Ledger : public BlockingResourceManager {
 public:
  Ledger(const BlockingResourceManagerOptions& options, Book* book)
      : BlockingResourceManager(options), book_(book) {}
  ~Ledger() override { Stop(); }

 protected:
  PrepareResult Prepare(const TransactionId& id,
                        const std::optional<std::string>& payload) override {
    const std::lock_guard<std::mutex> hold(book_->mutex);
    ThrowIfTold();
    const auto operations = Operations::Decode(payload.value_or(""));
    if (!operations) return {VoteKind::kNo, "no operations"};
    for (const StoreOperation& operation : operations->list()) {
      const std::string why_not = WhyNot(operation);
      if (!why_not.empty()) return {VoteKind::kNo, why_not};
    }
    if (operations->list().empty()) return {VoteKind::kReadOnly, ""};
    book_->prepared[id] = operations->list();
    if (book_->fails_after_preparing) throw std::runtime_error("connection lost");
    return {VoteKind::kYes, ""};
  }
  CommitResult Commit(const TransactionId& id) override {
    const std::lock_guard<std::mutex> hold(book_->mutex);
    ThrowIfTold();
    const auto found = book_->prepared.find(id);
    if (found == book_->prepared.end()) return CommitResult::kCannotTell;
    for (const auto& operation : found->second) {
      book_->balances[operation.key] += operation.delta;
    }
    book_->prepared.erase(found);
    return CommitResult::kCommitted;
  }
  bool Abort(const TransactionId& id) override {
    const std::lock_guard<std::mutex> hold(book_->mutex);
    ThrowIfTold();
    book_->prepared.erase(id);
    return true;
  }
  std::vector<TransactionId> ListPrepared() override {
    const std::lock_guard<std::mutex> hold(book_->mutex);
    ThrowIfTold();
    std::vector<TransactionId> ids;
    for (const auto& entry : book_->prepared) ids.push_back(entry.first);
    return ids;
  }

 private:
  void ThrowIfTold() {
    if (book_->failing_calls == 0) return;
    --book_->failing_calls;
    throw std::runtime_error("connection refused");
  }
  std::string WhyNot(const StoreOperation& operation) const {
    for (const auto& entry : book_->prepared) {
      for (const auto& other : entry.second) {
        if (other.key == operation.key) return "'" + operation.key + "' is locked";
      }
    }
    const auto balance = book_->balances.find(operation.key);
    const std::int64_t now = balance == book_->balances.end() ? 0 : balance->second;
    return now + operation.delta < operation.floor ? "below its floor" : "";
  }

  Book* const book_;
};

}  // namespace assent
