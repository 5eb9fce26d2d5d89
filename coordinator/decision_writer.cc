#include "coordinator/decision_writer.h"

#include <utility>

#include "runtime/crash_point.h"

namespace assent {

DecisionWriter::DecisionWriter(DecisionLog* log, const DecisionQueueLimits& limits,
                               DecisionWriterCallbacks callbacks)
    : log_(log), callbacks_(std::move(callbacks)), queue_(limits) {
  MutexLock lock(&join_mutex_);
  thread_ = std::thread([this] { Run(); });
}

DecisionWriter::~DecisionWriter() { Stop(); }

void DecisionWriter::WriteDecision(LogTicket ticket, DecisionRecord record) {
  MutexLock lock(&mutex_);
  if (closed_) return;
  const bool asleep = !queue_.NeedsWrite();
  queue_.WriteDecision(ticket, std::move(record));
  if (asleep) work_.NotifyOne();
}

void DecisionWriter::WriteUpdate(LogTicket ticket, LogUpdate update, bool urgent) {
  MutexLock lock(&mutex_);
  if (closed_) return;
  queue_.WriteUpdate(ticket, std::move(update), urgent);
  if (queue_.NeedsWrite()) work_.NotifyOne();
}

void DecisionWriter::Stop() {
  {
    MutexLock lock(&mutex_);
    closed_ = true;
    queue_.FlushAll();
    work_.NotifyOne();
  }
  MutexLock lock(&join_mutex_);
  if (thread_.joinable()) thread_.join();
}

DecisionWriterCounts DecisionWriter::counts() const {
  MutexLock lock(&mutex_);
  return counts_;
}

void DecisionWriter::Run() {
  LogBatch batch;
  LogTicket ticket = 0;
  while (WaitForBatch(&batch, &ticket) && WriteOne(batch, ticket)) {
  }
}

bool DecisionWriter::WaitForBatch(LogBatch* batch, LogTicket* ticket) {
  MutexLock lock(&mutex_);
  while (!queue_.NeedsWrite() && !closed_) work_.Wait(&mutex_);
  if (!queue_.NeedsWrite()) return false;
  *batch = queue_.Take(ticket);
  return true;
}

bool DecisionWriter::WriteOne(const LogBatch& batch, LogTicket ticket) {
  ASSENT_CRASH_POINT("coordinator.decision.before_write");
  storage::Status status = log_->Write(batch);
  ASSENT_CRASH_POINT("coordinator.decision.after_write");
  {
    MutexLock lock(&mutex_);
    ++counts_.writes;
    counts_.decisions += batch.decisions.size();
    counts_.updates += batch.updates.size();
    if (!status.ok()) closed_ = true;
  }
  const bool written = status.ok();
  if (written) {
    callbacks_.logged(ticket);
  } else {
    callbacks_.failed(std::move(status));
  }
  return written;
}

}  // namespace assent
