#include "coordinator/decision_queue.h"

#include <utility>

#include "core/check.h"
#include "core/mutants.h"

namespace assent {
namespace {

std::size_t RecordsOf(const std::variant<DecisionRecord, LogUpdate>& what) {
  const LogUpdate* update = std::get_if<LogUpdate>(&what);
  const RemovalUpdate* removal = update ? std::get_if<RemovalUpdate>(update) : nullptr;
  return removal ? 1 + removal->removed.size() : 1;
}

}  // namespace

void DecisionQueue::WriteDecision(LogTicket ticket, DecisionRecord record) {
  Push(ticket, std::move(record));
  due_ = ticket;
  riding_ = 0;
}

void DecisionQueue::WriteUpdate(LogTicket ticket, LogUpdate update, bool urgent) {
  Push(ticket, std::move(update));
  ++riding_;
  if (!urgent && riding_ <= limits_.max_riding) return;
  due_ = ticket;
  riding_ = 0;
}

void DecisionQueue::Push(LogTicket ticket, std::variant<DecisionRecord, LogUpdate> what) {
  ASSENT_CHECK(ticket > last_ticket_, "log tickets ascend");
  last_ticket_ = ticket;
  entries_.push_back(Entry{ticket, std::move(what)});
}

// What rides behind the last due entry goes along: it costs no sync of its own.
LogBatch DecisionQueue::Take(LogTicket* ticket) {
  ASSENT_CHECK(NeedsWrite());
  LogBatch batch;
  batch.sync = true;
  std::size_t records = 0;
  do {
    if (ASSENT_MUTANT(batch_order_broken)) std::swap(entries_.front(), entries_.back());
    Entry entry = std::move(entries_.front());
    entries_.pop_front();
    *ticket = entry.ticket;
    if (entry.ticket > due_) --riding_;
    records += RecordsOf(entry.what);
    if (auto* decision = std::get_if<DecisionRecord>(&entry.what)) {
      batch.decisions.push_back(std::move(*decision));
    } else {
      batch.updates.push_back(std::move(std::get<LogUpdate>(entry.what)));
    }
  } while (!entries_.empty() &&
           records + RecordsOf(entries_.front().what) <= limits_.max_batch_records);
  if (ASSENT_MUTANT(ticket_of_what_waits)) *ticket = last_ticket_;
  return batch;
}

}  // namespace assent
