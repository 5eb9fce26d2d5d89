#include "client/client.h"

#include <utility>
#include <variant>

#include "client/client_core.h"

namespace assent {
namespace {

constexpr char kSpentText[] =
    "this handle holds no transaction: it was committed, aborted or moved";
constexpr char kNoAnswerText[] =
    "no answer from the coordinator within the call's timeout: ask again by id";

CommitReport ReportOf(std::string id, std::optional<InitiatorReply> reply) {
  CommitReport report;
  report.id = std::move(id);
  if (!reply) {
    report.error = Reason::kNotAttached;
    report.error_text = kNoAnswerText;
  } else if (auto* error = std::get_if<ErrorReply>(&*reply)) {
    report.error = error->reason;
    report.error_text = std::move(error->text);
    report.participant = std::move(error->participant);
  } else if (auto* outcome = std::get_if<OutcomeReply>(&*reply)) {
    report.outcome = outcome->outcome;
    report.state = outcome->state;
    report.read_only = outcome->read_only;
    report.abort_reason = outcome->abort_reason;
    report.participant = std::move(outcome->participant);
    report.text = std::move(outcome->text);
    report.unfinished = std::move(outcome->unfinished);
  }
  return report;
}

CommitReport Refusal(std::string id, Reason reason, std::string text) {
  return ReportOf(std::move(id), ErrorReply{reason, std::move(text)});
}

Duration TimeoutOf(std::chrono::milliseconds asked, const ClientOptions& options) {
  return DurationOf(asked.count() > 0 ? asked : options.call_timeout);
}

ClientCore::Standing StandingOf(bool joined, const CommitOptions& options) {
  return joined || options.expected_branches ? ClientCore::Standing::kMayBeOpen
                                             : ClientCore::Standing::kUnopened;
}

// Calls with the transaction of that text; a malformed one is refused here.
template <class Request>
CommitReport CallById(ClientCore* core, std::string_view text) {
  const auto id = TransactionId::Parse(text);
  if (!id) {
    return Refusal(std::string(text), Reason::kMalformedTransactionId,
                   "a transaction id has the form coordinator-epoch-number");
  }
  Request request;
  request.id = *id;
  return ReportOf(std::string(text), core->Call(request, TimeoutOf({}, core->options())));
}

}  // namespace

Transaction::Transaction(ClientCore* core, const TransactionId& id)
    : core_(core), id_(id), text_(id.ToText()) {}

Transaction::Transaction(Reason error, std::string text)
    : error_(error), error_text_(std::move(text)) {}

Transaction::~Transaction() { AbortIfOpen(); }

Transaction::Transaction(Transaction&& other) noexcept { *this = std::move(other); }

Transaction& Transaction::operator=(Transaction&& other) noexcept {
  if (this == &other) return *this;
  AbortIfOpen();
  core_ = std::exchange(other.core_, nullptr);
  id_ = other.id_;
  text_ = std::move(other.text_);
  branches_ = std::move(other.branches_);
  joined_ = other.joined_;
  error_ = other.error_;
  error_text_ = std::move(other.error_text_);
  return *this;
}

void Transaction::Join(grpc::ClientContext* context) {
  context->AddMetadata(kTransactionMetadata, text_);
  joined_ = true;
}

void Transaction::Add(std::string participant, std::string payload) {
  branches_.push_back(BranchRequest{std::move(participant), std::move(payload)});
}

CommitRequest Transaction::TakeRequest(const CommitOptions& options) {
  CommitRequest request;
  request.id = id_;
  request.branches = std::move(branches_);
  request.expected_branches = options.expected_branches;
  request.wait_for = options.wait_for;
  return request;
}

CommitReport Transaction::Commit(const CommitOptions& options) {
  if (!valid()) return Refusal(text_, Reason::kTransactionFinished, kSpentText);
  ClientCore* core = std::exchange(core_, nullptr);
  return ReportOf(text_,
                  core->Call(TakeRequest(options), TimeoutOf(options.timeout, core->options()),
                             StandingOf(joined_, options)));
}

void Transaction::CommitAsync(std::function<void(CommitReport)> done,
                              const CommitOptions& options) {
  if (!valid()) {
    done(Refusal(text_, Reason::kTransactionFinished, kSpentText));
    return;
  }
  ClientCore* core = std::exchange(core_, nullptr);
  core->Submit(
      TakeRequest(options), TimeoutOf(options.timeout, core->options()),
      [done = std::move(done), id = text_](std::optional<InitiatorReply> reply) mutable {
        done(ReportOf(std::move(id), std::move(reply)));
      },
      StandingOf(joined_, options));
}

CommitReport Transaction::Abort() {
  if (!valid()) return Refusal(text_, Reason::kTransactionFinished, kSpentText);
  ClientCore* core = std::exchange(core_, nullptr);
  AbortRequest request;
  request.id = id_;
  return ReportOf(text_, core->Call(request, TimeoutOf({}, core->options())));
}

void Transaction::AbortIfOpen() {
  ClientCore* core = std::exchange(core_, nullptr);
  // Nobody has seen the id of a transaction that was not joined: it closes with its block.
  if (core == nullptr || !joined_) return;
  AbortRequest request;
  request.id = id_;
  core->Submit(request, TimeoutOf({}, core->options()), nullptr);
}

Client::Client(ClientOptions options) : core_(std::make_unique<ClientCore>(std::move(options))) {}

Client::~Client() = default;

Transaction Client::Begin() {
  auto id = core_->TakeId();
  if (auto* error = std::get_if<ErrorReply>(&id)) {
    return Transaction(error->reason, std::move(error->text));
  }
  return Transaction(core_.get(), std::get<TransactionId>(id));
}

CommitReport Client::Get(std::string_view id) { return CallById<GetRequest>(core_.get(), id); }

CommitReport Client::Abort(std::string_view id) { return CallById<AbortRequest>(core_.get(), id); }

}  // namespace assent
