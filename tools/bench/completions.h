// Ends of transactions, from whichever thread learns of them to the one that drives the load.
#pragma once

#include <cstdint>
#include <vector>

#include "core/messages.h"
#include "core/time.h"
#include "runtime/mutex.h"

namespace assent::bench {

enum class Ending : std::uint8_t { kCommitted, kAborted, kUnknown, kRefused };

Ending EndingOf(Outcome outcome);

// Thread-safe; one thread takes.
class Completions {
 public:
  struct Done {
    int slot = 0;
    Ending ending = Ending::kUnknown;
    Time at;
  };

  // The transaction in `slot` has ended, now.
  void Add(int slot, Ending ending);

  // Blocks until there is something, at most until `deadline`; then `done` is empty.
  void Take(Time deadline, std::vector<Done>* done);
  // Blocks until `when`, whatever ends meanwhile, and takes what there is. Nobody is woken for
  // each.
  void TakeAt(Time when, std::vector<Done>* done);

 private:
  Mutex mutex_;
  CondVar arrived_;
  std::vector<Done> waiting_ ASSENT_GUARDED_BY(mutex_);
  bool is_awaited_ ASSENT_GUARDED_BY(mutex_) = true;  // by a Take, now or later
};

}  // namespace assent::bench
