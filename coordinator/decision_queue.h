// What waits for the decision log, and what of it goes into the next batch: group commit without a
// thread. The simulator uses it as it is; DecisionWriter puts a thread behind it.
//
// A decision or an urgent update asks for a write at once; an update that rides along waits for the
// next one, or until `max_riding` of them wait. A batch is always the front of the queue, so what
// rides along never overtakes a decision. Every batch is synced.
//
// The queue itself has no limit: admission bounds decisions (one for each open transaction at
// most), and each of those brings a bounded number of updates.
//
// Not thread-safe. Nothing blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <variant>

#include "coordinator/effect_dispatcher.h"
#include "core/coordinator_io.h"
#include "core/records.h"

namespace assent {

struct DecisionQueueLimits {
  std::size_t max_riding = 1024;         // updates that wait before they cause a write themselves
  std::size_t max_batch_records = 4096;  // records in one batch; a removal counts each id
};

class DecisionQueue : public LogSink {
 public:
  explicit DecisionQueue(const DecisionQueueLimits& limits) : limits_(limits) {}

  // Tickets come in ascending order.
  void WriteDecision(LogTicket ticket, DecisionRecord record) override;
  void WriteUpdate(LogTicket ticket, LogUpdate update, bool urgent) override;

  // Everything that waits is due now (before an orderly end).
  void FlushAll() { due_ = last_ticket_; }

  bool NeedsWrite() const { return !entries_.empty() && entries_.front().ticket <= due_; }
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }

  // Takes the next batch off the front; `*ticket` is the last one in it. NeedsWrite() must hold.
  LogBatch Take(LogTicket* ticket);

 private:
  struct Entry {
    LogTicket ticket = 0;
    std::variant<DecisionRecord, LogUpdate> what;
  };

  void Push(LogTicket ticket, std::variant<DecisionRecord, LogUpdate> what);

  const DecisionQueueLimits limits_;
  std::deque<Entry> entries_;
  LogTicket last_ticket_ = 0;
  LogTicket due_ = 0;       // entries up to it are to be written as soon as possible
  std::size_t riding_ = 0;  // updates behind due_
};

}  // namespace assent
