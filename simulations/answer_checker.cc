#include "simulations/answer_checker.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/hash.h"

namespace assent::simulation {
namespace {

// Of all branches; the order in which they are listed means nothing.
std::uint64_t HashOf(const CommitRequest& request) {
  std::uint64_t sum = 0;
  for (const BranchRequest& branch : request.branches) {
    sum += Hasher().Add(branch.participant).Add(branch.payload).Value();
  }
  return sum;
}

bool IsOverLimits(const CommitRequest& request) {
  return request.branches.size() > kMaxBranches ||
         std::any_of(request.branches.begin(), request.branches.end(),
                     [](const auto& branch) { return branch.payload.size() > kMaxPayloadBytes; });
}

}  // namespace

void AnswerChecker::Started(const CoordinatorId& id, Epoch epoch, Count count_unfinished) {
  id_ = id;
  epoch_ = epoch;
  count_unfinished_ = std::move(count_unfinished);
  given_ = SequenceMap<Given>();
  next_number_ = 1;
  blocks_.clear();
  links_.clear();
  awaited_.clear();
  enlistments_.clear();
  changed_.reset();
  is_draining_ = has_failed_ = false;
}

AnswerChecker::Given* AnswerChecker::Find(const TransactionId& id) {
  return id.coordinator == id_ ? given_.Find(id.sequence) : nullptr;
}

// ---------------------------------------------------------------------------------------------
// What comes in

AnswerChecker::Question AnswerChecker::Asked(const InitiatorRequest& request) {
  Question question;
  if (const auto* commit = std::get_if<CommitRequest>(&request)) {
    question.id = commit->id;
    question.is_over_limits = IsOverLimits(*commit);
    AskedToCommit(*commit, question.is_over_limits);
  } else if (const auto* abort = std::get_if<AbortRequest>(&request)) {
    question.id = abort->id;
    AskedToAbort(*abort);
  } else if (const auto* get = std::get_if<GetRequest>(&request)) {
    question.id = get->id;
  } else if (const auto* enlist = std::get_if<EnlistRequest>(&request)) {
    question.id = enlist->id;
    question.participant = enlist->participant;
  } else if (const auto* block = std::get_if<OpenBlockRequest>(&request)) {
    question.session = block->session;
  }
  return question;
}

void AnswerChecker::AskedToCommit(const CommitRequest& request, bool is_over_limits) {
  history_->AskedToCommit(request.id, HashOf(request));
  Given* const given = Find(request.id);
  if (given == nullptr || is_over_limits) return;
  given->commit_asked = true;
  given->expects = given->expects || request.expected_branches.has_value();
}

void AnswerChecker::AskedToAbort(const AbortRequest& request) {
  TransactionId id = request.id;
  if (Given* given = Find(id)) given->abort_asked = true;
  for (std::uint32_t n = 0; n < request.following; ++n) {
    ++id.sequence.number;
    Given* const given = Find(id);
    if (given != nullptr && !given->is_opened) given->abort_asked = true;
  }
}

void AnswerChecker::Received(LinkId link, const FromParticipant& message) {
  if (const auto* vote = std::get_if<Vote>(&message)) {
    awaited_[link].Answered(vote->id);
    Given* const given = given_.Find(vote->id);
    if (given != nullptr && vote->kind == VoteKind::kNo) given->voted_no = true;
  } else if (const auto* acknowledge = std::get_if<Acknowledge>(&message)) {
    awaited_[link].Answered(acknowledge->id);
  } else if (const auto* enlist = std::get_if<Enlist>(&message)) {
    enlistments_[{link, enlist->token}] = enlist->id;
  }
}

void AnswerChecker::LostPrepare(LinkId link, Sequence id) {
  awaited_[link].Answered(id);
  if (Given* given = given_.Find(id)) given->lost_prepare = true;
}

void AnswerChecker::Attached(const std::string& participant, Time now) {
  links_[participant] = {true, now};
  changed_ = now;
}

void AnswerChecker::SessionEnded(std::uint64_t session, Time now) {
  std::erase_if(blocks_, [session](const auto& block) { return block.second.session == session; });
  changed_ = now;
}

void AnswerChecker::Ticked(Time now) {
  std::erase_if(blocks_, [now](const auto& block) { return block.second.expiry <= now; });
}

// ---------------------------------------------------------------------------------------------
// What goes out

void AnswerChecker::GaveOut(Sequence first, std::uint32_t count, Time now) {
  for (std::uint64_t number = first.number; number < first.number + count; ++number) {
    given_.Emplace({first.epoch, number}, Given{now});
  }
  next_number_ = std::max(next_number_, first.number + count);
}

void AnswerChecker::Sends(LinkId link, const ToParticipant& message, Time now) {
  if (const auto* prepare = std::get_if<Prepare>(&message)) {
    SendsPrepare(link, *prepare, now);
  } else if (const auto* abort = std::get_if<Abort>(&message)) {
    awaited_[link].Answered(abort->id);
  } else if (const auto* commit = std::get_if<Commit>(&message)) {
    SendsCommit(link, commit->id);
  } else if (const auto* answer = std::get_if<EnlistAnswer>(&message)) {
    const auto enlistment = enlistments_.extract({link, answer->token});
    if (enlistment.empty()) return;
    Question question;
    question.id = enlistment.mapped();
    if (answer->reason != Reason::kNone) return CheckRefusal(question, answer->reason, now);
    if (Given* given = Find(question.id)) given->is_opened = true;
  }
}

void AnswerChecker::SendsPrepare(LinkId link, const Prepare& prepare, Time now) {
  Awaited& awaited = awaited_[link];
  const auto most = static_cast<std::size_t>(profile_.max_awaited);
  const std::size_t votes = awaited.votes.size();
  const std::size_t answers = votes + awaited.acknowledgements.size();
  if (prepare.payload && answers >= most && 4 * votes >= most) {
    history_->Violate("P7", Describe({id_, prepare.id}) + " is prepared, but its participant has " +
                                std::to_string(votes) + " votes and " +
                                std::to_string(answers - votes) +
                                " acknowledgements to give already, of " + std::to_string(most));
  }
  awaited.votes.insert(prepare.id);
  awaited.perhaps.insert(prepare.id);
  awaited.prepared.insert(prepare.id);
  Given* const given = given_.Find(prepare.id);
  if (given == nullptr) return;
  given->is_opened = true;
  given->prepared = std::min(given->prepared, now);
}

void AnswerChecker::SendsCommit(LinkId link, Sequence id) {
  Awaited& awaited = awaited_[link];
  const bool is_first = awaited.told.insert(id).second;
  if (is_first && awaited.prepared.contains(id)) {
    awaited.acknowledgements.insert(id);
  } else {
    awaited.acknowledgements.erase(id);
  }
  awaited.perhaps.insert(id);
}

void AnswerChecker::Answers(const Question& question, const InitiatorReply& reply, Time now) {
  if (const auto* refusal = std::get_if<ErrorReply>(&reply)) {
    return CheckRefusal(question, refusal->reason, now);
  }
  if (question.is_over_limits) {
    history_->Violate(
        "P7", "a Commit of " + Describe(question.id) + " that is over the limits was not refused");
  }
  if (const auto* begun = std::get_if<BeginReply>(&reply)) {
    GaveOut(begun->id.sequence, 1, now);
    given_.Find(begun->id.sequence)->is_opened = true;
    if (profile_.max_open < profile_.transactions) CheckOpen("transactions", count_unfinished_());
  } else if (const auto* block = std::get_if<BlockReply>(&reply)) {
    GaveOut(block->first.sequence, block->count, now);
    blocks_[block->first.sequence.number] = {question.session, now + block->lifetime};
    CheckOpen("blocks of ids", blocks_.size());
  } else if (std::holds_alternative<EnlistReply>(reply)) {
    if (Given* given = Find(question.id)) given->is_opened = true;
  } else if (const auto* outcome = std::get_if<OutcomeReply>(&reply)) {
    if (outcome->outcome == Outcome::kAborted) CheckAbort(*outcome, now);
  }
}

void AnswerChecker::CheckOpen(const std::string& what, std::size_t count) {
  const auto most = static_cast<std::size_t>(profile_.max_open);
  if (count <= most) return;
  history_->Violate("P7", std::string(id_.text()) + " lets in one more: now " +
                              std::to_string(count) + " " + what + " are open, more than " +
                              std::to_string(most));
}

// ---------------------------------------------------------------------------------------------
// Refusals

void AnswerChecker::CheckRefusal(const Question& question, Reason reason, Time now) {
  history_->Refusing(question.id, reason);
  if (IsSo(question, reason, now)) return;
  const std::string what = std::string(NameOf(reason)) + " was answered about " +
                           Describe(question.id) + ", but that is not so";
  if (reason == Reason::kOutcomeExpired) return history_->Violate("R11", what);
  history_->Violate("P4", what);
}

bool AnswerChecker::IsSo(const Question& question, Reason reason, Time now) {
  switch (reason) {
    case Reason::kTooManyBranches:
    case Reason::kPayloadTooLarge:
      return question.is_over_limits;
    case Reason::kTooManyTransactions:
      return IsLoaded();
    case Reason::kDraining:
      return is_draining_;
    case Reason::kLogFailed:
      return has_failed_;
    case Reason::kUnknownParticipant:
      return !links_.contains(question.participant);
    case Reason::kParticipantNotAttached:
      return !IsAttached(question.participant);
    default:
      return IsSoOfId(question.id, reason, now);
  }
}

bool AnswerChecker::IsSoOfId(const TransactionId& id, Reason reason, Time now) {
  const Given* const given = Find(id);
  const TransactionFacts* const facts = history_->Find(id);
  switch (reason) {
    case Reason::kOutcomeExpired:
      return MayHaveExpired(id, now);
    case Reason::kFutureTransaction:
      return id.sequence.epoch > epoch_ ||
             (id.sequence.epoch == epoch_ && id.sequence.number >= next_number_);
    case Reason::kAlreadyPreparing:
      return given != nullptr && given->commit_asked;
    case Reason::kTransactionFinished:
      return MayBeOver(id, now);
    case Reason::kDifferentRequest:
      return facts != nullptr && facts->asked_differently;
    default:
      return false;
  }
}

// RESOURCE_EXHAUSTED: a limit is reached.
bool AnswerChecker::IsLoaded() const {
  const auto most_open = static_cast<std::size_t>(profile_.max_open);
  const auto most_awaited = static_cast<std::size_t>(profile_.max_awaited);
  return count_unfinished_() >= most_open || blocks_.size() >= most_open ||
         std::any_of(awaited_.begin(), awaited_.end(),
                     [=](const auto& link) { return link.second.perhaps.size() >= most_awaited; });
}

// Of earlier lives initiators know more: InitiatorNode::CheckRetention.
bool AnswerChecker::MayHaveExpired(const TransactionId& id, Time now) {
  if (id.sequence.epoch < epoch_) return true;
  const Given* const given = Find(id);
  if (given == nullptr) return false;
  const bool is_old = now - given->at >= Duration::Millis(profile_.retention_ms);
  return is_old || next_number_ > static_cast<std::uint64_t>(profile_.max_remembered);
}

bool AnswerChecker::MayBeOver(const TransactionId& id, Time now) {
  if (id.sequence.epoch < epoch_ || is_draining_) return true;
  const Given* const given = Find(id);
  if (given == nullptr) return false;
  if (given->commit_asked || given->abort_asked) return true;
  if (changed_ && *changed_ >= given->at) return true;
  const std::int64_t least = std::min(profile_.transaction_timeout_ms, profile_.block_lifetime_ms);
  return now - given->at >= Duration::Millis(least);
}

// ---------------------------------------------------------------------------------------------
// Reasons of aborts

void AnswerChecker::CheckAbort(const OutcomeReply& reply, Time now) {
  const Given* const given = Find(reply.id);
  const bool is_earlier = reply.id.sequence.epoch < epoch_;
  const bool is_so = is_earlier ? reply.abort_reason == AbortReason::kCoordinatorRestarted
                                : given != nullptr && IsSo(reply, *given, now);
  if (is_so) return;
  const std::string whom = reply.participant.empty() ? "" : " (" + reply.participant + ")";
  history_->Violate("P4", "ABORTED was answered about " + Describe(reply.id) + " because of " +
                              std::string(NameOf(reply.abort_reason)) + whom +
                              ", but that is not so");
}

bool AnswerChecker::IsSo(const OutcomeReply& reply, const Given& given, Time now) const {
  switch (reply.abort_reason) {
    case AbortReason::kRequested:
      return given.abort_asked;
    case AbortReason::kTimedOut:
      return now - given.at >= Duration::Millis(profile_.transaction_timeout_ms);
    case AbortReason::kPrepareTimedOut:
      return given.prepared <= now &&
             now - given.prepared >= Duration::Millis(profile_.prepare_timeout_ms);
    case AbortReason::kVotedNo:
      return given.voted_no;
    case AbortReason::kVoteLost:
      return given.lost_prepare || HasChangedSince(reply.participant, given.prepared);
    case AbortReason::kParticipantUnavailable:
      return !IsAttached(reply.participant) || HasChangedSince(reply.participant, given.at);
    case AbortReason::kParticipantRestarted:
      return HasChangedSince(reply.participant, given.at);
    case AbortReason::kWrongBranchCount:
      return given.expects;
    case AbortReason::kNotOpened:
      return !given.is_opened;
    case AbortReason::kDraining:
      return is_draining_;
    case AbortReason::kNone:
    case AbortReason::kCoordinatorRestarted:  // this one is of its present life
    case AbortReason::kOperator:
      return false;
  }
  return false;
}

bool AnswerChecker::IsAttached(const std::string& participant) const {
  const auto link = links_.find(participant);
  return link != links_.end() && link->second.is_attached;
}

bool AnswerChecker::HasChangedSince(const std::string& participant, Time since) const {
  const auto link = links_.find(participant);
  return link != links_.end() && link->second.changed >= since;
}

std::string AnswerChecker::Describe(const TransactionId& id) const {
  return id.coordinator.empty() ? "a new transaction at " + std::string(id_.text()) : id.ToText();
}

}  // namespace assent::simulation
