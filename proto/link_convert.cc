// Frames of AttachService.
#include <utility>

#include "proto/wire_convert.h"
#include "proto/wire_fields.h"

namespace assent {
namespace {

using wire::CleanText;
using wire::Malformed;

constexpr int kMaxKnownCoordinators = 1024;

template <class Message>
void WriteId(Sequence id, Message* to) {
  to->set_epoch(id.epoch);
  to->set_number(id.number);
}

template <class Message>
void WriteCleanMark(Sequence mark, Message* to) {
  to->set_clean_mark_epoch(mark.epoch);
  to->set_clean_mark_number(mark.number);
}

template <class Message>
void WriteStamp(const Stamp& stamp, Message* to) {
  to->set_stamp_epoch(stamp.epoch);
  to->set_stamp_incarnation(stamp.incarnation);
  to->set_stamp_n(stamp.n);
}

template <class Message>
bool ReadId(const Message& from, Sequence* id, WireError* error) {
  return wire::ReadSequence(from.epoch(), from.number(), id, error);
}

template <class Message>
Sequence CleanMarkOf(const Message& from) {
  return {from.clean_mark_epoch(), from.clean_mark_number()};
}

template <class Message>
bool ReadStamp(const Message& from, Stamp* to, WireError* error) {
  to->n = from.stamp_n();
  return wire::ReadPositive("stamp_epoch", from.stamp_epoch(), &to->epoch, error) &&
         wire::ReadPositive("stamp_incarnation", from.stamp_incarnation(), &to->incarnation, error);
}

struct FromParticipantWriter {
  v1::FromParticipant* to;

  void operator()(Attach& from) const {
    v1::Attach* attach = to->mutable_attach();
    attach->set_participant(std::move(from.participant));
    attach->set_store_id(wire::StoreIdText(from.store));
    attach->set_incarnation(from.incarnation);
    attach->set_life_number(from.life);
    if (from.knowledge.epoch != 0) wire::Write(from.knowledge, attach->mutable_knowledge());
    for (const KnownCoordinator& known : from.known) {
      v1::KnownCoordinator* coordinator = attach->add_known_coordinators();
      coordinator->set_coordinator_id(std::string(known.coordinator.text()));
      wire::Write(known.knowledge, coordinator->mutable_knowledge());
    }
  }
  void operator()(Vote& from) const {
    v1::Vote* vote = to->mutable_vote();
    WriteId(from.id, vote);
    vote->set_vote(static_cast<v1::VoteKind>(static_cast<int>(from.kind)));
    if (!from.text.empty()) vote->set_text(CleanText(std::move(from.text)));
  }
  void operator()(const Acknowledge& from) const { WriteId(from.id, to->mutable_acknowledge()); }
  void operator()(const Enlist& from) const {
    to->mutable_enlist()->set_token(from.token);
    to->mutable_enlist()->set_transaction_id(from.id.ToText());
  }
  void operator()(const Inquire& from) const { WriteId(from.id, to->mutable_inquire()); }
};

struct ToParticipantWriter {
  v1::ToParticipant* to;

  void operator()(AttachAnswer& from) const {
    v1::AttachAnswer* answer = to->mutable_attach_answer();
    answer->set_reason(std::string(NameOf(from.reason)));
    answer->set_text(CleanText(std::move(from.text)));
    answer->set_coordinator_id(std::string(from.coordinator.text()));
    answer->set_epoch(from.epoch);
    answer->set_life_number(from.life);
  }
  void operator()(Prepare& from) const {
    v1::Prepare* prepare = to->mutable_prepare();
    WriteId(from.id, prepare);
    WriteStamp(from.stamp, prepare);
    WriteCleanMark(from.clean_mark, prepare);
    if (from.payload) prepare->set_payload(std::move(*from.payload));
    for (Peer& peer : from.peers) wire::Write(std::move(peer), prepare->add_peers());
  }
  void operator()(const Commit& from) const {
    v1::Commit* commit = to->mutable_commit();
    WriteId(from.id, commit);
    commit->set_decision_number(from.decision_number);
    WriteCleanMark(from.clean_mark, commit);
  }
  void operator()(const Abort& from) const {
    v1::Abort* abort = to->mutable_abort();
    WriteId(from.id, abort);
    if (from.stamp) WriteStamp(*from.stamp, abort);
  }
  void operator()(EnlistAnswer& from) const {
    v1::EnlistAnswer* answer = to->mutable_enlist_answer();
    answer->set_token(from.token);
    answer->set_reason(std::string(NameOf(from.reason)));
    answer->set_text(CleanText(std::move(from.text)));
  }
  void operator()(const InquiryAnswer& from) const {
    v1::InquiryAnswer* answer = to->mutable_inquiry_answer();
    WriteId(from.id, answer);
    answer->set_verdict(static_cast<v1::Verdict>(static_cast<int>(from.verdict)));
    answer->set_decision_number(from.decision_number);
    WriteCleanMark(from.clean_mark, answer);
  }
};

bool ReadKnown(const v1::Attach& from, std::vector<KnownCoordinator>* to, WireError* error) {
  if (from.known_coordinators_size() > kMaxKnownCoordinators) {
    return Malformed("known_coordinators", "more than 1,024", error);
  }
  for (const v1::KnownCoordinator& known : from.known_coordinators()) {
    const auto coordinator = CoordinatorId::Parse(known.coordinator_id());
    if (!coordinator) {
      return Malformed("known_coordinators.coordinator_id", "not a coordinator's id", error);
    }
    to->push_back({*coordinator, {}});
    if (!wire::ReadKnowledge(known.knowledge(), &to->back().knowledge, error)) return false;
  }
  return true;
}

bool Read(v1::Attach* from, Attach* to, WireError* error) {
  to->life = from->life_number();
  if (!ReadKnown(*from, &to->known, error)) return false;
  return wire::ReadParticipant(from->mutable_participant(), &to->participant, error) &&
         wire::ReadStoreId(from->store_id(), &to->store, error) &&
         wire::ReadPositive("incarnation", from->incarnation(), &to->incarnation, error) &&
         wire::ReadKnowledge(from->knowledge(), &to->knowledge, error);
}

bool Read(v1::Vote* from, Vote* to, WireError* error) {
  to->text = CleanText(std::move(*from->mutable_text()));
  return ReadId(*from, &to->id, error) && wire::ReadVoteKind(from->vote(), &to->kind, error);
}

bool Read(v1::Acknowledge* from, Acknowledge* to, WireError* error) {
  return ReadId(*from, &to->id, error);
}

bool Read(v1::Enlist* from, Enlist* to, WireError* error) {
  to->token = from->token();
  return wire::ReadTransactionId(from->transaction_id(), &to->id, error);
}

bool Read(v1::Inquire* from, Inquire* to, WireError* error) {
  return ReadId(*from, &to->id, error);
}

bool Read(v1::AttachAnswer* from, AttachAnswer* to, WireError* error) {
  to->life = from->life_number();
  to->text = CleanText(std::move(*from->mutable_text()));
  to->reason = wire::ReadReason(from->reason(), &to->text);
  return wire::ReadCoordinatorId(from->coordinator_id(), &to->coordinator, error) &&
         wire::ReadPositive("epoch", from->epoch(), &to->epoch, error);
}

bool Read(v1::Prepare* from, Prepare* to, WireError* error) {
  if (from->has_payload()) to->payload = std::move(*from->mutable_payload());
  to->clean_mark = CleanMarkOf(*from);
  to->peers.resize(static_cast<std::size_t>(from->peers_size()));
  for (int i = 0; i < from->peers_size(); ++i) {
    if (!wire::ReadPeer(from->mutable_peers(i), &to->peers[static_cast<std::size_t>(i)], error)) {
      return wire::Within("peers", i, error);
    }
  }
  return ReadId(*from, &to->id, error) && ReadStamp(*from, &to->stamp, error);
}

bool Read(v1::Commit* from, Commit* to, WireError* error) {
  to->clean_mark = CleanMarkOf(*from);
  return ReadId(*from, &to->id, error) &&
         wire::ReadPositive("decision_number", from->decision_number(), &to->decision_number,
                            error);
}

bool Read(v1::Abort* from, Abort* to, WireError* error) {
  if (!ReadId(*from, &to->id, error)) return false;
  if (!from->has_stamp_n()) return true;
  return ReadStamp(*from, &to->stamp.emplace(), error);
}

bool Read(v1::EnlistAnswer* from, EnlistAnswer* to, WireError*) {
  to->token = from->token();
  to->text = CleanText(std::move(*from->mutable_text()));
  to->reason = wire::ReadReason(from->reason(), &to->text);
  return true;
}

bool Read(v1::InquiryAnswer* from, InquiryAnswer* to, WireError* error) {
  to->decision_number = from->decision_number();
  to->clean_mark = CleanMarkOf(*from);
  return ReadId(*from, &to->id, error) && wire::ReadVerdict(from->verdict(), &to->verdict, error) &&
         (to->verdict != Verdict::kCommit || to->decision_number != 0 ||
          Malformed("decision_number", "not set; VERDICT_COMMIT has one", error));
}

// Reads `from` into a value of its own kind.
template <class Value, class Message, class Variant>
bool ReadInto(Message* from, Variant* to, WireError* error) {
  return Read(from, &to->template emplace<Value>(), error);
}

bool Read(v1::FromParticipant* from, FromParticipant* to, WireError* error) {
  switch (from->message_case()) {
    case v1::FromParticipant::kAttach:
      return ReadInto<Attach>(from->mutable_attach(), to, error);
    case v1::FromParticipant::kVote:
      return ReadInto<Vote>(from->mutable_vote(), to, error);
    case v1::FromParticipant::kAcknowledge:
      return ReadInto<Acknowledge>(from->mutable_acknowledge(), to, error);
    case v1::FromParticipant::kEnlist:
      return ReadInto<Enlist>(from->mutable_enlist(), to, error);
    case v1::FromParticipant::kInquire:
      return ReadInto<Inquire>(from->mutable_inquire(), to, error);
    case v1::FromParticipant::MESSAGE_NOT_SET:
      break;
  }
  return Malformed("message", "not set, or of a newer version", error);
}

bool Read(v1::ToParticipant* from, ToParticipant* to, WireError* error) {
  switch (from->message_case()) {
    case v1::ToParticipant::kAttachAnswer:
      return ReadInto<AttachAnswer>(from->mutable_attach_answer(), to, error);
    case v1::ToParticipant::kPrepare:
      return ReadInto<Prepare>(from->mutable_prepare(), to, error);
    case v1::ToParticipant::kCommit:
      return ReadInto<Commit>(from->mutable_commit(), to, error);
    case v1::ToParticipant::kAbort:
      return ReadInto<Abort>(from->mutable_abort(), to, error);
    case v1::ToParticipant::kEnlistAnswer:
      return ReadInto<EnlistAnswer>(from->mutable_enlist_answer(), to, error);
    case v1::ToParticipant::kInquiryAnswer:
      return ReadInto<InquiryAnswer>(from->mutable_inquiry_answer(), to, error);
    case v1::ToParticipant::MESSAGE_NOT_SET:
      break;
  }
  return Malformed("message", "not set, or of a newer version", error);
}

template <class Frame, class Value>
bool ReadFrame(Frame* frame, std::vector<Value>* values, WireError* error) {
  const int count = frame->messages_size();
  if (count == 0) return Malformed("messages", "an empty frame", error);
  if (count > static_cast<int>(kMaxFrameItems)) {
    return wire::Fail(Reason::kFrameTooLarge, "messages", "over 16384 in one frame", error);
  }
  const std::size_t before = values->size();
  values->resize(before + static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    Value* value = &(*values)[before + static_cast<std::size_t>(i)];
    if (!Read(frame->mutable_messages(i), value, error)) {
      values->resize(before);
      return wire::Within("messages", i, error);
    }
  }
  return true;
}

template <class Writer, class Value, class Frame>
std::size_t AppendMessage(Value* value, Frame* frame) {
  auto* message = frame->add_messages();
  std::visit(Writer{message}, *value);
  return wire::ItemSize(*message);
}

}  // namespace

std::size_t Append(FromParticipant message, v1::AttachRequest* frame) {
  return AppendMessage<FromParticipantWriter>(&message, frame);
}

std::size_t Append(ToParticipant message, v1::AttachResponse* frame) {
  return AppendMessage<ToParticipantWriter>(&message, frame);
}

bool FromWire(v1::AttachRequest* frame, std::vector<FromParticipant>* messages, WireError* error) {
  return ReadFrame(frame, messages, error);
}

bool FromWire(v1::AttachResponse* frame, std::vector<ToParticipant>* messages, WireError* error) {
  return ReadFrame(frame, messages, error);
}

}  // namespace assent
