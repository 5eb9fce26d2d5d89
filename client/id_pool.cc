#include "client/id_pool.h"

#include <chrono>
#include <utility>

#include "runtime/clock.h"

namespace assent {

std::variant<TransactionId, ErrorReply> IdPool::Take(Time deadline) {
  mutex_.lock();
  const std::uint64_t refusals_before = refusals_;
  for (;;) {
    const Time now = MonotonicNow();
    TransactionId id;
    bool ask = false;
    const bool taken = TryTake(now, &id, &ask);
    if (ask) {
      mutex_.unlock();
      ask_();
      mutex_.lock();
      // The answer may have come meanwhile, and its notification found nobody.
      if (!taken && refusals_ == refusals_before && now < deadline) continue;
    }
    if (taken || refusals_ != refusals_before || now >= deadline) {
      const ErrorReply why = refusals_ != refusals_before
                                 ? refusal_
                                 : ErrorReply{Reason::kNotAttached,
                                              "no answer from the coordinator within the call's "
                                              "timeout: is it running, and is the address right?"};
      mutex_.unlock();
      if (taken) return id;
      return why;
    }
    changed_.WaitFor(&mutex_, std::chrono::microseconds((deadline - now).micros));
  }
}

bool IdPool::TryTake(Time now, TransactionId* id, bool* ask) {
  if (left_ == 0 || now >= good_until_) {
    left_ = following_.count;
    next_ = following_.first;
    good_until_ = following_until_;
    low_ = left_ / 2;
    following_.count = 0;
  }
  const bool taken = left_ > 0 && now < good_until_;
  if (taken) {
    *id = next_;
    ++next_.sequence.number;
    --left_;
  }
  *ask = !asked_ && following_.count == 0 && (!taken || left_ <= low_);
  if (*ask) asked_ = true;
  return taken;
}

void IdPool::Add(const BlockReply& block, Time now) {
  MutexLock lock(&mutex_);
  following_ = block;
  following_until_ = now + block.lifetime / 2;
  asked_ = false;
  changed_.NotifyAll();
}

void IdPool::Refuse(ErrorReply why) {
  MutexLock lock(&mutex_);
  refusal_ = std::move(why);
  ++refusals_;
  asked_ = false;
  changed_.NotifyAll();
}

void IdPool::Clear() {
  MutexLock lock(&mutex_);
  left_ = 0;
  following_.count = 0;
}

}  // namespace assent
