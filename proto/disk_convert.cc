#include "proto/disk_convert.h"

#include <map>
#include <tuple>
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
  if (bytes.size() > kMaxRecordBytes) return Fail("record: over 1 MiB", error);
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Fail("record: not a valid protobuf message", error);
  }
  return !HasUnknownFields(*message) || Fail("record: a field of a newer version", error);
}

bool ReadId(std::uint64_t epoch, std::uint64_t number, Sequence* id, std::string* error) {
  *id = {epoch, number};
  if (epoch == 0) return Fail("epoch: not set; it counts from 1", error);
  if (number == 0) return Fail("number: not set; it counts from 1", error);
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

// Gives each branch that decisions have in common one place in a record.
class BranchTable {
 public:
  explicit BranchTable(google::protobuf::RepeatedPtrField<pb::DecisionBranch>* out) : out_(out) {}

  std::uint32_t PlaceOf(const DecisionBranch& branch) {
    const auto place = static_cast<std::uint32_t>(places_.size());
    const auto [entry, added] =
        places_.try_emplace({branch.participant, branch.store.high, branch.store.low}, place);
    if (added) {
      pb::DecisionBranch* to = out_->Add();
      to->set_participant(branch.participant);
      WriteStore(ASSENT_MUTANT(decision_without_store) ? StoreId{1, 0} : branch.store, to);
    }
    return entry->second;
  }

 private:
  google::protobuf::RepeatedPtrField<pb::DecisionBranch>* const out_;
  std::map<std::tuple<std::string_view, std::uint64_t, std::uint64_t>, std::uint32_t> places_;
};

bool CheckLists(const pb::Decisions& message, std::string* error) {
  const int count = message.numbers_size();
  if (count == 0) return Fail("numbers: there are none", error);
  const bool equal = message.decision_numbers_size() == count &&
                     message.request_hashes_size() == count &&
                     message.branch_counts_size() == count;
  return equal || Fail("numbers: lists of different lengths", error);
}

bool ReadBranch(pb::DecisionBranch* from, DecisionBranch* to, std::string* error) {
  if (HasUnknownFields(*from)) return Fail("participants: a field of a newer version", error);
  to->store = StoreOf(*from);
  if (to->store.empty()) return Fail("participants: a branch without a store id", error);
  return ReadParticipant(from->mutable_participant(), &to->participant, error);
}

bool ReadTable(pb::Decisions* message, std::vector<DecisionBranch>* table, std::string* error) {
  for (pb::DecisionBranch& branch : *message->mutable_participants()) {
    if (!ReadBranch(&branch, &table->emplace_back(), error)) return false;
  }
  return true;
}

// The branches of decision `i`, which begin at `*next`.
bool ReadBranches(const pb::Decisions& message, int i, const std::vector<DecisionBranch>& table,
                  int* next, std::vector<DecisionBranch>* branches, std::string* error) {
  const std::uint32_t count = message.branch_counts(i);
  if (count == 0 || count > kMaxDecisionBranches) {
    return Fail("branch_counts: must be 1 to 64, there are " + std::to_string(count), error);
  }
  branches->reserve(count);
  for (const int end = *next + static_cast<int>(count); *next < end; ++*next) {
    if (*next == message.branches_size()) return Fail("branches: too few", error);
    const std::uint32_t place = message.branches(*next);
    if (place >= table.size()) return Fail("branches: a place that is not there", error);
    branches->push_back(table[place]);
  }
  return true;
}

}  // namespace

std::string Encode(std::span<const DecisionRecord> records) {
  ASSENT_CHECK(!records.empty(), "a record of decisions holds one");
  pb::Decisions message;
  message.set_epoch(records.front().id.epoch);
  BranchTable table(message.mutable_participants());
  for (const DecisionRecord& record : records) {
    ASSENT_CHECK(record.id.epoch == message.epoch(), "what is written together is of one epoch");
    message.add_numbers(record.id.number);
    message.add_decision_numbers(record.number);
    message.add_request_hashes(record.request_hash);
    message.add_branch_counts(static_cast<std::uint32_t>(record.branches.size()));
    for (const DecisionBranch& branch : record.branches) {
      message.add_branches(table.PlaceOf(branch));
    }
  }
  return Serialize(message);
}

std::string Encode(std::span<const AcknowledgedUpdate> updates) {
  pb::Acknowledgements message;
  for (const AcknowledgedUpdate& update : updates) {
    message.add_epochs(update.id.epoch);
    message.add_numbers(update.id.number);
    message.add_branches(update.branches);
  }
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
  message.set_epoch(horizon.epoch);
  message.set_number(horizon.number);
  return Serialize(message);
}

std::string EncodeDecisionCounter(std::uint64_t last_decision_number) {
  pb::DecisionCounter message;
  message.set_last_decision_number(last_decision_number);
  return Serialize(message);
}

bool Decode(std::string_view bytes, std::vector<DecisionRecord>* records, std::string* error) {
  pb::Decisions message;
  std::vector<DecisionBranch> table;
  if (!Parse(bytes, &message, error) || !CheckLists(message, error) ||
      !ReadTable(&message, &table, error)) {
    return false;
  }
  records->assign(static_cast<std::size_t>(message.numbers_size()), DecisionRecord());
  int next_branch = 0;
  std::uint64_t last = 0;
  for (int i = 0; i < message.numbers_size(); ++i) {
    DecisionRecord& record = (*records)[static_cast<std::size_t>(i)];
    record.number = message.decision_numbers(i);
    record.request_hash = message.request_hashes(i);
    if (!ReadId(message.epoch(), message.numbers(i), &record.id, error) ||
        !ReadBranches(message, i, table, &next_branch, &record.branches, error)) {
      return false;
    }
    if (record.number <= last) return Fail("decision_numbers: must grow from 1", error);
    last = record.number;
  }
  return next_branch == message.branches_size() || Fail("branches: too many", error);
}

bool Decode(std::string_view bytes, std::vector<AcknowledgedUpdate>* updates, std::string* error) {
  pb::Acknowledgements message;
  if (!Parse(bytes, &message, error)) return false;
  const int count = message.numbers_size();
  if (count == 0) return Fail("numbers: there are none", error);
  if (message.epochs_size() != count || message.branches_size() != count) {
    return Fail("numbers: lists of different lengths", error);
  }
  updates->assign(static_cast<std::size_t>(count), AcknowledgedUpdate());
  for (int i = 0; i < count; ++i) {
    AcknowledgedUpdate& update = (*updates)[static_cast<std::size_t>(i)];
    update.branches = message.branches(i);
    if (!ReadId(message.epochs(i), message.numbers(i), &update.id, error)) return false;
  }
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
