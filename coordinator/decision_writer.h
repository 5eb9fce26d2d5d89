// The thread that writes decisions: group commit. While one sync is under way, what comes waits,
// and all of it leaves in the next batch; an idle log is written as soon as a turn is over.
//
// Threads: WriteDecision, WriteUpdate and HandOver come from one thread (the event loop's), Stop
// and counts from any. The callbacks run on the writer's thread, never two at once, and post home
// what they are told. Ownership: the log is the writer's alone from construction until Stop has
// returned; it must outlive the writer.
//
// A failed write is told once by `failed`; after it nothing is written and nothing is called (R8).
#pragma once

#include <cstdint>
#include <functional>
#include <thread>
#include <variant>
#include <vector>

#include "coordinator/decision_log.h"
#include "coordinator/decision_queue.h"
#include "coordinator/effect_dispatcher.h"
#include "core/coordinator_io.h"
#include "runtime/mutex.h"
#include "storage/status.h"

namespace assent {

struct DecisionWriterCallbacks {
  // Everything up to `ticket` is durable.
  std::function<void(LogTicket ticket)> logged;
  // Whether what came after the last `logged` is durable is not known.
  std::function<void(storage::Status error)> failed;
};

// Since the start; they only grow.
struct DecisionWriterCounts {
  std::uint64_t writes = 0;  // batches, each one forced write
  std::uint64_t decisions = 0;
  std::uint64_t updates = 0;
};

class DecisionWriter : public LogSink {
 public:
  DecisionWriter(DecisionLog* log, const DecisionQueueLimits& limits,
                 DecisionWriterCallbacks callbacks);
  ~DecisionWriter() override;  // Stop()
  DecisionWriter(const DecisionWriter&) = delete;
  DecisionWriter& operator=(const DecisionWriter&) = delete;

  // Gather, without a lock. HandOver brings all of it to the writer's thread, at the end of each
  // turn of the event loop, so that what is decided in a turn shares a sync; several hundred are
  // handed over before that. Neither blocks but for a short lock.
  void WriteDecision(LogTicket ticket, DecisionRecord record) override;
  void WriteUpdate(LogTicket ticket, LogUpdate update, bool urgent) override;
  // What comes after Stop or a failure is dropped.
  void HandOver();

  // Writes everything that was handed over (ride-alongs too), tells of it, and joins the thread.
  // Blocks for the disk. May be repeated; not from a callback.
  void Stop();

  DecisionWriterCounts counts() const;

 private:
  struct Gathered {
    LogTicket ticket;
    std::variant<DecisionRecord, LogUpdate> what;
    bool urgent;
  };

  void Run();
  bool WaitForBatch(LogBatch* batch, LogTicket* ticket);
  bool WriteOne(const LogBatch& batch, LogTicket ticket);

  DecisionLog* const log_;
  const DecisionWriterCallbacks callbacks_;

  std::vector<Gathered> gathered_;  // the event loop's thread only

  mutable Mutex mutex_;
  CondVar work_;
  DecisionQueue queue_ ASSENT_GUARDED_BY(mutex_);
  bool closed_ ASSENT_GUARDED_BY(mutex_) = false;
  DecisionWriterCounts counts_ ASSENT_GUARDED_BY(mutex_);

  Mutex join_mutex_;  // one joins, others wait for it
  std::thread thread_ ASSENT_GUARDED_BY(join_mutex_);
};

}  // namespace assent
