#include "coordinator/notice_log.h"

#include <glog/logging.h>

#include "coordinator/printable.h"
#include "core/check.h"

namespace assent {
namespace {

const char* TextOf(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::kAttached:
      return "attached";
    case NoticeKind::kAttachRefused:
      return "attach refused";
    case NoticeKind::kDetached:
      return "detached";
    case NoticeKind::kAbortedOddly:
      return "aborted";
    case NoticeKind::kIgnoredVote:
      return "ignored a late or repeated vote";
    case NoticeKind::kIgnoredAcknowledge:
      return "ignored a late or repeated acknowledgement";
    case NoticeKind::kForeignVote:
      return "ALARM: vote for a transaction it has no branch of";
    case NoticeKind::kForeignAcknowledge:
      return "ALARM: acknowledgement of what is not its own";
    case NoticeKind::kRefusedInquiry:
      return "ALARM: refused an inquiry";
    case NoticeKind::kMisbehaved:
      return "ALARM: a message that the protocol does not allow";
    case NoticeKind::kSuperseded:
      return "ALARM: superseded";
  }
  CheckFailed(__FILE__, __LINE__, "a kind of notice");
}

google::LogSeverity SeverityOf(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::kAttached:
    case NoticeKind::kDetached:
    case NoticeKind::kAbortedOddly:
      return google::GLOG_INFO;
    case NoticeKind::kAttachRefused:
    case NoticeKind::kIgnoredVote:
    case NoticeKind::kIgnoredAcknowledge:
      return google::GLOG_WARNING;
    case NoticeKind::kForeignVote:
    case NoticeKind::kForeignAcknowledge:
    case NoticeKind::kRefusedInquiry:
    case NoticeKind::kMisbehaved:
    case NoticeKind::kSuperseded:
      return google::GLOG_ERROR;
  }
  CheckFailed(__FILE__, __LINE__, "a kind of notice");
}

// Late and repeated messages are everyday life: the core counts them, people see them on request.
bool IsOnlyCounted(NoticeKind kind) {
  return kind == NoticeKind::kIgnoredVote || kind == NoticeKind::kIgnoredAcknowledge;
}

}  // namespace

void NoticeLog::Write(const coordinator_effect::Notice& notice, Time now) {
  if (IsOnlyCounted(notice.kind) && !VLOG_IS_ON(1)) return;
  std::uint64_t left_out = 0;
  if (!Admit(notice.kind, now, &left_out)) return;
  google::LogMessage line(__FILE__, __LINE__, SeverityOf(notice.kind));
  line.stream() << TextOf(notice.kind);
  if (!notice.participant.empty()) {
    line.stream() << ": participant " << Printable(notice.participant, kMaxParticipantNameSize);
  }
  if (notice.id.epoch != 0) {
    line.stream() << " transaction " << TransactionId{coordinator_, notice.id}.ToText();
  }
  if (!notice.text.empty()) line.stream() << ": " << Printable(notice.text);
  if (left_out > 0) line.stream() << " (" << left_out << " lines of this kind left out)";
}

bool NoticeLog::Admit(NoticeKind kind, Time now, std::uint64_t* left_out) {
  Rate& rate = rates_.at(static_cast<std::size_t>(kind));
  if (now - rate.second_began >= Duration::Seconds(1)) {
    rate.second_began = now;
    rate.lines = 0;
  }
  if (rate.lines >= kLinesPerSecond) {
    ++rate.left_out;
    return false;
  }
  ++rate.lines;
  *left_out = rate.left_out;
  rate.left_out = 0;
  return true;
}

}  // namespace assent
