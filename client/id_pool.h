// The ids that the coordinator has given to this client's session, ready to begin transactions
// without a round trip.
//
// Thread-safe. Take blocks; the rest does not.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "core/ids.h"
#include "core/messages.h"
#include "core/time.h"
#include "runtime/mutex.h"

namespace assent {

class IdPool {
 public:
  // `ask` is called, from any thread and without a lock held, when a block should be fetched: it
  // must not block, and Add, Refuse or Clear must follow.
  explicit IdPool(std::function<void()> ask) : ask_(std::move(ask)) {}

  // An id, or why none could be had until `deadline`.
  std::variant<TransactionId, ErrorReply> Take(Time deadline);

  // A block has come. Its second half of life is not used, so that no id dies between Begin and its
  // first use.
  void Add(const BlockReply& block, Time now);
  // The coordinator refuses to give one: whoever waits now is told.
  void Refuse(ErrorReply why);
  // The session has ended, and its ids with it. Whoever waits goes on waiting.
  void Clear();

 private:
  // Takes one of what is at hand; `ask` becomes whether a block should be fetched.
  bool TryTake(Time now, TransactionId* id, bool* ask) ASSENT_REQUIRES(mutex_);

  const std::function<void()> ask_;
  Mutex mutex_;
  CondVar changed_;
  TransactionId next_ ASSENT_GUARDED_BY(mutex_);
  std::uint32_t left_ ASSENT_GUARDED_BY(mutex_) = 0;
  std::uint32_t low_ ASSENT_GUARDED_BY(mutex_) = 0;  // below it the next block is fetched
  Time good_until_ ASSENT_GUARDED_BY(mutex_);
  BlockReply following_ ASSENT_GUARDED_BY(mutex_);  // the next block, if its count is not 0
  Time following_until_ ASSENT_GUARDED_BY(mutex_);
  bool asked_ ASSENT_GUARDED_BY(mutex_) = false;
  std::uint64_t refusals_ ASSENT_GUARDED_BY(mutex_) = 0;
  ErrorReply refusal_ ASSENT_GUARDED_BY(mutex_);
};

}  // namespace assent
