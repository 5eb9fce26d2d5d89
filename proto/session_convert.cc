// Frames of TransactionService.Session.
#include <utility>

#include "core/mutants.h"
#include "proto/wire_convert.h"
#include "proto/wire_fields.h"

namespace assent {
namespace {

using wire::Malformed;

template <class Item>
void WriteId(const TransactionId& id, const CoordinatorId& coordinator, Item* to) {
  to->set_epoch(id.sequence.epoch);
  to->set_number(id.sequence.number);
  if (id.coordinator != coordinator) to->set_coordinator_id(std::string(id.coordinator.text()));
}

template <class Item>
bool ReadId(const Item& from, const CoordinatorId& coordinator, TransactionId* id,
            WireError* error) {
  id->coordinator = coordinator;
  if (!from.coordinator_id().empty() &&
      !wire::ReadCoordinatorId(from.coordinator_id(), &id->coordinator, error)) {
    error->reason = Reason::kMalformedTransactionId;
    return false;
  }
  return wire::ReadSequence(from.epoch(), from.number(), &id->sequence, error);
}

struct RequestWriter {
  const CoordinatorId& coordinator;
  v1::SessionRequestItem* to;

  void operator()(const BeginRequest& from) const {
    to->mutable_begin()->set_timeout_us(from.timeout.micros);
  }
  void operator()(const OpenBlockRequest& from) const {
    to->mutable_open_block()->set_count(from.count);
    to->mutable_open_block()->set_timeout_us(from.timeout.micros);
  }
  void operator()(EnlistRequest& from) const {
    WriteId(from.id, coordinator, to);
    to->mutable_enlist()->set_participant(std::move(from.participant));
  }
  void operator()(CommitRequest& from) const {
    WriteId(from.id, coordinator, to);
    v1::SessionCommit* commit = to->mutable_commit();
    for (BranchRequest& branch : from.branches) {
      wire::Write(std::move(branch), commit->add_branches());
    }
    if (from.expected_branches) commit->set_expected_branches(*from.expected_branches);
    // Completion is what an absent field means: two bytes less in each request.
    if (from.wait_for != WaitFor::kCompletion) commit->set_wait_for(wire::ToWire(from.wait_for));
    commit->set_call_timeout_us(from.call_timeout.micros);
  }
  void operator()(const AbortRequest& from) const {
    WriteId(from.id, coordinator, to);
    to->mutable_abort()->set_by_operator(from.reason == AbortReason::kOperator);
    to->mutable_abort()->set_following(from.following);
  }
  void operator()(const GetRequest& from) const {
    WriteId(from.id, coordinator, to);
    to->mutable_get();
  }
};

struct ReplyWriter {
  const CoordinatorId& coordinator;
  v1::SessionResponseItem* to;

  void operator()(const BeginReply& from) const {
    WriteId(from.id, coordinator, to);
    to->mutable_begun()->set_timeout_us(from.timeout.micros);
  }
  void operator()(const BlockReply& from) const {
    WriteId(from.first, coordinator, to);
    v1::SessionBlock* block = to->mutable_block();
    block->set_count(from.count);
    block->set_lifetime_us(from.lifetime.micros);
    block->set_timeout_us(from.timeout.micros);
  }
  void operator()(const EnlistReply&) const { to->mutable_enlisted(); }
  void operator()(OutcomeReply& from) const {
    WriteId(from.id, coordinator, to);
    wire::Write(std::move(from), to->mutable_outcome());
  }
  void operator()(ErrorReply& from) const { ToWire(std::move(from), to->mutable_error()); }
};

bool ReadCommit(v1::SessionCommit* from, CommitRequest* to, WireError* error) {
  to->branches.resize(static_cast<std::size_t>(from->branches_size()));
  for (int i = 0; i < from->branches_size(); ++i) {
    BranchRequest* branch = &to->branches[static_cast<std::size_t>(i)];
    if (!wire::ReadBranchRequest(from->mutable_branches(i), branch, error)) {
      return wire::Within("branches", i, error);
    }
  }
  const bool expects = from->has_expected_branches() && !ASSENT_MUTANT(expected_count_not_read);
  if (expects) to->expected_branches = from->expected_branches();
  return wire::ReadWaitFor(from->wait_for(), &to->wait_for, error) &&
         wire::ReadDuration("call_timeout_us", from->call_timeout_us(), &to->call_timeout, error);
}

bool ReadRequest(v1::SessionRequestItem* from, const CoordinatorId& coordinator,
                 std::uint64_t session, InitiatorRequest* to, WireError* error) {
  switch (from->request_case()) {
    case v1::SessionRequestItem::kBegin:
      return FromWire(from->mutable_begin(), &to->emplace<BeginRequest>(), error);
    case v1::SessionRequestItem::kOpenBlock: {
      OpenBlockRequest& open = to->emplace<OpenBlockRequest>();
      open.session = session;
      open.count = from->open_block().count();
      return wire::ReadDuration("timeout_us", from->open_block().timeout_us(), &open.timeout,
                                error);
    }
    case v1::SessionRequestItem::kEnlist: {
      EnlistRequest& enlist = to->emplace<EnlistRequest>();
      return ReadId(*from, coordinator, &enlist.id, error) &&
             wire::ReadParticipant(from->mutable_enlist()->mutable_participant(),
                                   &enlist.participant, error);
    }
    case v1::SessionRequestItem::kCommit: {
      CommitRequest& commit = to->emplace<CommitRequest>();
      return ReadId(*from, coordinator, &commit.id, error) &&
             ReadCommit(from->mutable_commit(), &commit, error);
    }
    case v1::SessionRequestItem::kAbort: {
      AbortRequest& abort = to->emplace<AbortRequest>();
      if (from->abort().by_operator()) abort.reason = AbortReason::kOperator;
      abort.following = from->abort().following();
      return ReadId(*from, coordinator, &abort.id, error);
    }
    case v1::SessionRequestItem::kGet:
      return ReadId(*from, coordinator, &to->emplace<GetRequest>().id, error);
    case v1::SessionRequestItem::REQUEST_NOT_SET:
      break;
  }
  return Malformed("request", "not set, or of a newer version", error);
}

bool ReadReply(v1::SessionResponseItem* from, const CoordinatorId& coordinator, InitiatorReply* to,
               WireError* error) {
  switch (from->reply_case()) {
    case v1::SessionResponseItem::kBegun: {
      BeginReply& begun = to->emplace<BeginReply>();
      return ReadId(*from, coordinator, &begun.id, error) &&
             wire::ReadDuration("timeout_us", from->begun().timeout_us(), &begun.timeout, error);
    }
    case v1::SessionResponseItem::kBlock: {
      BlockReply& block = to->emplace<BlockReply>();
      const v1::SessionBlock& message = from->block();
      block.count = message.count();
      return ReadId(*from, coordinator, &block.first, error) &&
             wire::ReadDuration("lifetime_us", message.lifetime_us(), &block.lifetime, error) &&
             wire::ReadDuration("timeout_us", message.timeout_us(), &block.timeout, error);
    }
    case v1::SessionResponseItem::kEnlisted:
      to->emplace<EnlistReply>();
      return true;
    case v1::SessionResponseItem::kOutcome: {
      OutcomeReply& outcome = to->emplace<OutcomeReply>();
      return ReadId(*from, coordinator, &outcome.id, error) &&
             wire::ReadOutcome(from->mutable_outcome(), &outcome, error);
    }
    case v1::SessionResponseItem::kError:
      *to = FromWire(from->mutable_error());
      return true;
    case v1::SessionResponseItem::REPLY_NOT_SET:
      break;
  }
  return Malformed("reply", "not set, or of a newer version", error);
}

bool CheckCount(int count, WireError* error) {
  if (count <= static_cast<int>(kMaxFrameItems)) return true;
  return wire::Fail(Reason::kFrameTooLarge, "items", "over 16384 in one frame", error);
}

bool ReadSessionCoordinator(const v1::SessionResponse& frame, CoordinatorId* coordinator,
                            WireError* error) {
  CoordinatorId told = *coordinator;
  if (!frame.coordinator_id().empty() &&
      !wire::ReadCoordinatorId(frame.coordinator_id(), &told, error)) {
    return false;
  }
  if (told.empty()) {
    return Malformed("coordinator_id", "not set in a session's first frame", error);
  }
  if (!coordinator->empty() && told != *coordinator) {
    return Malformed("coordinator_id", "not the one of this session", error);
  }
  *coordinator = told;
  return true;
}

// Only as a known bug.
void SwapWithPrevious(v1::SessionResponse* frame) {
  const int last = frame->items_size() - 1;
  if (last == 0) return;
  const std::uint64_t own = frame->items(last).correlation_id();
  frame->mutable_items(last)->set_correlation_id(frame->items(last - 1).correlation_id());
  frame->mutable_items(last - 1)->set_correlation_id(own);
}

}  // namespace

std::size_t Append(std::uint64_t correlation_id, InitiatorRequest request,
                   const CoordinatorId& coordinator, v1::SessionRequest* frame) {
  v1::SessionRequestItem* item = frame->add_items();
  item->set_correlation_id(correlation_id);
  std::visit(RequestWriter{coordinator, item}, request);
  return wire::ItemSize(*item);
}

std::size_t Append(std::uint64_t correlation_id, InitiatorReply reply,
                   const CoordinatorId& coordinator, v1::SessionResponse* frame) {
  v1::SessionResponseItem* item = frame->add_items();
  item->set_correlation_id(correlation_id);
  if (ASSENT_MUTANT(answer_of_another_call)) SwapWithPrevious(frame);
  std::visit(ReplyWriter{coordinator, item}, reply);
  return wire::ItemSize(*item);
}

bool FromWire(v1::SessionRequest* frame, const CoordinatorId& coordinator, std::uint64_t session,
              std::vector<SessionCall>* calls, WireError* error) {
  if (frame->items().empty()) return Malformed("items", "an empty frame", error);
  if (!CheckCount(frame->items_size(), error)) return false;
  for (v1::SessionRequestItem& item : *frame->mutable_items()) {
    SessionCall& call = calls->emplace_back();
    call.correlation_id = item.correlation_id();
    WireError item_error;
    if (!ReadRequest(&item, coordinator, session, &std::get<InitiatorRequest>(call.request),
                     &item_error)) {
      call.request = std::move(item_error);
    }
  }
  return true;
}

bool FromWire(v1::SessionResponse* frame, CoordinatorId* coordinator,
              std::vector<SessionAnswer>* answers, WireError* error) {
  if (!CheckCount(frame->items_size(), error)) return false;
  if (!ReadSessionCoordinator(*frame, coordinator, error)) return false;
  const std::size_t before = answers->size();
  for (int i = 0; i < frame->items_size(); ++i) {
    v1::SessionResponseItem* item = frame->mutable_items(i);
    SessionAnswer& answer = answers->emplace_back();
    answer.correlation_id = item->correlation_id();
    if (!ReadReply(item, *coordinator, &answer.reply, error)) {
      answers->resize(before);
      return wire::Within("items", i, error);
    }
  }
  return true;
}

}  // namespace assent
