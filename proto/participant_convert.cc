// Messages of ParticipantService.
#include <algorithm>
#include <utility>

#include "proto/wire_convert.h"
#include "proto/wire_fields.h"

namespace assent {
namespace {

using wire::Malformed;

void WriteSequence(Sequence from, v1::TransactionSequence* to) {
  to->set_epoch(from.epoch);
  to->set_number(from.number);
}

Sequence SequenceOf(const v1::TransactionSequence& from) { return {from.epoch(), from.number()}; }

void WriteStamp(const Stamp& from, v1::Stamp* to) {
  to->set_epoch(from.epoch);
  to->set_incarnation(from.incarnation);
  to->set_n(from.n);
}

bool ReadStamp(const v1::Stamp& from, Stamp* to, WireError* error) {
  to->n = from.n();
  return wire::ReadPositive("stamp.epoch", from.epoch(), &to->epoch, error) &&
         wire::ReadPositive("stamp.incarnation", from.incarnation(), &to->incarnation, error);
}

// What the requests have in common.
template <class Message>
void WriteHeader(const Addressee& to, Sequence id, Message* message) {
  message->set_transaction_id(TransactionId{to.coordinator, id}.ToText());
  message->set_participant(to.participant);
  message->set_store_id(wire::StoreIdText(to.store));
}

template <class Message>
bool ReadHeader(Message* message, Addressee* to, Sequence* id, WireError* error) {
  TransactionId transaction;
  if (!wire::ReadTransactionId(message->transaction_id(), &transaction, error)) return false;
  to->coordinator = transaction.coordinator;
  *id = transaction.sequence;
  return wire::ReadParticipant(message->mutable_participant(), &to->participant, error) &&
         wire::ReadStoreId(message->store_id(), &to->store, error);
}

}  // namespace

void ToWire(Prepare prepare, const Addressee& to, v1::PrepareRequest* message) {
  WriteHeader(to, prepare.id, message);
  WriteStamp(prepare.stamp, message->mutable_stamp());
  if (prepare.payload) message->set_payload(std::move(*prepare.payload));
  for (Peer& peer : prepare.peers) wire::Write(std::move(peer), message->add_peers());
  WriteSequence(prepare.clean_mark, message->mutable_clean_mark());
}

void ToWire(const Commit& commit, const Addressee& to, v1::CommitRequest* message) {
  WriteHeader(to, commit.id, message);
  message->set_decision_number(commit.decision_number);
  WriteSequence(commit.clean_mark, message->mutable_clean_mark());
}

void ToWire(const Abort& abort, const Addressee& to, v1::AbortRequest* message) {
  WriteHeader(to, abort.id, message);
  if (abort.stamp) WriteStamp(*abort.stamp, message->mutable_stamp());
}

void ToWire(const CoordinatorId& coordinator, std::string_view participant, Epoch epoch,
            LifeNumber life, v1::ListPreparedRequest* message) {
  message->set_coordinator_id(std::string(coordinator.text()));
  message->set_participant(std::string(participant));
  message->set_epoch(epoch);
  message->set_life_number(life);
}

bool FromWire(v1::PrepareResponse* message, Sequence id, Vote* vote, WireError* error) {
  vote->id = id;
  vote->text = wire::CleanText(std::move(*message->mutable_text()));
  return wire::ReadVoteKind(message->vote(), &vote->kind, error);
}

bool FromWire(v1::ListPreparedResponse* message, const CoordinatorId& coordinator,
              std::string_view participant, Attach* attach, std::vector<Inquire>* prepared,
              WireError* error) {
  attach->participant = std::string(participant);
  attach->life = message->life_number();
  prepared->clear();
  if (message->transaction_ids_size() > static_cast<int>(kMaxPreparedListed)) {
    return Malformed("transaction_ids", "over 10000", error);
  }
  for (int i = 0; i < message->transaction_ids_size(); ++i) {
    TransactionId id;
    if (!wire::ReadTransactionId(message->transaction_ids(i), &id, error)) {
      return wire::Within("transaction_ids", i, error);
    }
    if (id.coordinator != coordinator) {
      wire::Fail(Reason::kForeignTransaction, "transaction_id",
                 "of another coordinator than was asked for", error);
      return wire::Within("transaction_ids", i, error);
    }
    prepared->push_back({id.sequence});
  }
  return wire::ReadStoreId(message->store_id(), &attach->store, error) &&
         wire::ReadPositive("incarnation", message->incarnation(), &attach->incarnation, error) &&
         wire::ReadKnowledge(message->knowledge(), &attach->knowledge, error);
}

bool FromWire(v1::PrepareRequest* message, Addressee* to, Prepare* prepare, WireError* error) {
  if (message->has_payload()) prepare->payload = std::move(*message->mutable_payload());
  prepare->clean_mark = SequenceOf(message->clean_mark());
  prepare->peers.resize(static_cast<std::size_t>(message->peers_size()));
  for (int i = 0; i < message->peers_size(); ++i) {
    Peer* peer = &prepare->peers[static_cast<std::size_t>(i)];
    if (!wire::ReadPeer(message->mutable_peers(i), peer, error)) {
      return wire::Within("peers", i, error);
    }
  }
  return ReadHeader(message, to, &prepare->id, error) &&
         ReadStamp(message->stamp(), &prepare->stamp, error);
}

bool FromWire(v1::CommitRequest* message, Addressee* to, Commit* commit, WireError* error) {
  commit->clean_mark = SequenceOf(message->clean_mark());
  return ReadHeader(message, to, &commit->id, error) &&
         wire::ReadPositive("decision_number", message->decision_number(), &commit->decision_number,
                            error);
}

bool FromWire(v1::AbortRequest* message, Addressee* to, Abort* abort, WireError* error) {
  if (!ReadHeader(message, to, &abort->id, error)) return false;
  if (!message->has_stamp()) return true;
  return ReadStamp(message->stamp(), &abort->stamp.emplace(), error);
}

bool FromWire(v1::ListPreparedRequest* message, std::string* participant, AttachAnswer* coordinator,
              WireError* error) {
  coordinator->life = message->life_number();
  return wire::ReadCoordinatorId(message->coordinator_id(), &coordinator->coordinator, error) &&
         wire::ReadParticipant(message->mutable_participant(), participant, error) &&
         wire::ReadPositive("epoch", message->epoch(), &coordinator->epoch, error);
}

void ToWire(Vote vote, v1::PrepareResponse* message) {
  message->set_vote(static_cast<v1::VoteKind>(static_cast<int>(vote.kind)));
  message->set_text(wire::CleanText(std::move(vote.text)));
}

void ToWire(const Attach& attach, const std::vector<Inquire>& prepared,
            const CoordinatorId& coordinator, v1::ListPreparedResponse* message) {
  message->set_store_id(wire::StoreIdText(attach.store));
  message->set_incarnation(attach.incarnation);
  message->set_life_number(attach.life);
  if (attach.knowledge.epoch != 0) wire::Write(attach.knowledge, message->mutable_knowledge());
  const std::size_t count = std::min(prepared.size(), kMaxPreparedListed);
  for (std::size_t i = 0; i < count; ++i) {
    message->add_transaction_ids(TransactionId{coordinator, prepared[i].id}.ToText());
  }
}

}  // namespace assent
