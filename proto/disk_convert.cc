#include "proto/disk_convert.h"

#include <utility>

#include "assent/disk/decision_log.pb.h"
#include "core/check.h"
#include "core/mutants.h"

namespace assent {
namespace {

namespace pb = assent::disk::v1;

constexpr std::size_t kMaxDecisionBranches = 64;  // the bits of an acknowledged mask

bool Fail(std::string_view what, std::string* error) {
  *error = std::string(what);
  return false;
}

template <class Message>
std::string Serialize(const Message& message) {
  std::string bytes;
  ASSENT_CHECK(message.SerializeToString(&bytes), "records are far below protobuf's limit");
  return bytes;
}

template <class Message>
bool HasUnknownFields(const Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

template <class Message>
bool Parse(std::string_view bytes, Message* message, std::string* error) {
  constexpr std::size_t kMaxRecordBytes = 1024 * 1024;
  if (bytes.size() > kMaxRecordBytes) return Fail("record: over 1 MiB", error);
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Fail("record: not a valid protobuf message", error);
  }
  return !HasUnknownFields(*message) || Fail("record: a field of a newer version", error);
}

template <class Message>
void WriteId(Sequence id, Message* message) {
  message->set_epoch(id.epoch);
  message->set_number(id.number);
}

template <class Message>
bool ReadId(const Message& message, Sequence* id, std::string* error) {
  *id = {message.epoch(), message.number()};
  if (id->epoch == 0) return Fail("epoch: not set; it counts from 1", error);
  if (id->number == 0) return Fail("number: not set; it counts from 1", error);
  return true;
}

template <class Message>
void WriteStore(const StoreId& store, Message* message) {
  message->set_store_high(store.high);
  message->set_store_low(store.low);
}

template <class Message>
StoreId StoreOf(const Message& message) {
  return {message.store_high(), message.store_low()};
}

bool ReadParticipant(std::string* from, std::string* to, std::string* error) {
  if (!IsValidParticipantName(*from)) return Fail("participant: not a valid name", error);
  *to = std::move(*from);
  return true;
}

bool ReadBranch(pb::DecisionBranch* from, DecisionBranch* to, std::string* error) {
  if (HasUnknownFields(*from)) return Fail("branches: a field of a newer version", error);
  to->store = StoreOf(*from);
  if (to->store.empty()) return Fail("branches: a branch without a store id", error);
  return ReadParticipant(from->mutable_participant(), &to->participant, error);
}

}  // namespace

std::string Encode(const DecisionRecord& record) {
  pb::Decision message;
  WriteId(record.id, &message);
  message.set_decision_number(record.number);
  message.set_request_hash(record.request_hash);
  for (const DecisionBranch& branch : record.branches) {
    pb::DecisionBranch* to = message.add_branches();
    to->set_participant(branch.participant);
    WriteStore(ASSENT_MUTANT(decision_without_store) ? StoreId{1, 0} : branch.store, to);
  }
  return Serialize(message);
}

std::string Encode(const AcknowledgedUpdate& update) {
  pb::Acknowledged message;
  WriteId(update.id, &message);
  message.set_branches(update.branches);
  return Serialize(message);
}

std::string Encode(const BindingUpdate& update) {
  pb::Binding message;
  message.set_participant(update.participant);
  WriteStore(update.store, &message);
  message.set_incarnation(update.incarnation);
  return Serialize(message);
}

std::string EncodeHorizon(Sequence horizon) {
  pb::Horizon message;
  WriteId(horizon, &message);
  return Serialize(message);
}

std::string EncodeDecisionCounter(std::uint64_t last_decision_number) {
  pb::DecisionCounter message;
  message.set_last_decision_number(last_decision_number);
  return Serialize(message);
}

bool Decode(std::string_view bytes, DecisionRecord* record, std::string* error) {
  pb::Decision message;
  if (!Parse(bytes, &message, error) || !ReadId(message, &record->id, error)) return false;
  record->number = message.decision_number();
  record->request_hash = message.request_hash();
  record->branches.clear();
  if (record->number == 0) return Fail("decision_number: not set; it counts from 1", error);
  const auto count = static_cast<std::size_t>(message.branches_size());
  if (count == 0 || count > kMaxDecisionBranches) {
    return Fail("branches: must be 1 to 64, there are " + std::to_string(count), error);
  }
  for (pb::DecisionBranch& branch : *message.mutable_branches()) {
    if (!ReadBranch(&branch, &record->branches.emplace_back(), error)) return false;
  }
  return true;
}

bool Decode(std::string_view bytes, AcknowledgedUpdate* update, std::string* error) {
  pb::Acknowledged message;
  if (!Parse(bytes, &message, error) || !ReadId(message, &update->id, error)) return false;
  update->branches = message.branches();
  return true;
}

bool Decode(std::string_view bytes, BindingUpdate* update, std::string* error) {
  pb::Binding message;
  if (!Parse(bytes, &message, error)) return false;
  update->store = StoreOf(message);
  update->incarnation = message.incarnation();
  return ReadParticipant(message.mutable_participant(), &update->participant, error);
}

bool DecodeHorizon(std::string_view bytes, Sequence* horizon, std::string* error) {
  pb::Horizon message;
  if (!Parse(bytes, &message, error)) return false;
  *horizon = {message.epoch(), message.number()};
  return true;
}

bool DecodeDecisionCounter(std::string_view bytes, std::uint64_t* last_decision_number,
                           std::string* error) {
  pb::DecisionCounter message;
  if (!Parse(bytes, &message, error)) return false;
  *last_decision_number = message.last_decision_number();
  return true;
}

}  // namespace assent
