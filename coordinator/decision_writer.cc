#include "coordinator/decision_writer.h"

#include <utility>

#include "runtime/crash_point.h"

namespace assent {
namespace {

// Many that are decided in one turn leave in parts, so that the log writes the first while the loop
// decides the others.
constexpr std::size_t kMaxGathered = 512;

}  // namespace

DecisionWriter::DecisionWriter(DecisionLog* log, const DecisionQueueLimits& limits,
                               DecisionWriterCallbacks callbacks)
    : log_(log), callbacks_(std::move(callbacks)), queue_(limits) {
  MutexLock lock(&join_mutex_);
  thread_ = std::thread([this] { Run(); });
}

DecisionWriter::~DecisionWriter() { Stop(); }

void DecisionWriter::WriteDecision(LogTicket ticket, DecisionRecord record) {
  gathered_.push_back({ticket, std::move(record), false});
  if (gathered_.size() >= kMaxGathered) HandOver();
}

void DecisionWriter::WriteUpdate(LogTicket ticket, LogUpdate update, bool urgent) {
  gathered_.push_back({ticket, std::move(update), urgent});
}

void DecisionWriter::HandOver() {
  if (gathered_.empty()) return;
  {
    MutexLock lock(&mutex_);
    for (Gathered& one : gathered_) {
      if (closed_) break;
      if (auto* decision = std::get_if<DecisionRecord>(&one.what)) {
        queue_.WriteDecision(one.ticket, std::move(*decision));
      } else {
        queue_.WriteUpdate(one.ticket, std::move(std::get<LogUpdate>(one.what)), one.urgent);
      }
    }
    if (queue_.NeedsWrite()) work_.NotifyOne();
  }
  gathered_.clear();
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
