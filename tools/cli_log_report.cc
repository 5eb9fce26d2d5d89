#include "tools/cli_log_report.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/leveldb_decision_log.h"
#include "coordinator/log_keys.h"
#include "core/ids.h"
#include "core/records.h"
#include "proto/disk_convert.h"
#include "storage/verify.h"

namespace assent::cli {
namespace {

// The records of one log, which come in the order of their keys.
class Reader {
 public:
  void Visit(std::string_view key, std::string_view value) {
    std::string error;
    if (!Take(key, value, &error)) {
      problems_.push_back("a record cannot be read: " + error + "; restore a backup");
    }
  }

  void Fill(const CoordinatorId& coordinator, tools::LogDump* dump) const {
    dump->set_last_decision_number(counter_);
    if (horizon_ != Sequence()) dump->set_horizon(TransactionId{coordinator, horizon_}.ToText());
    for (const auto& [id, decision] : decisions_) Add(coordinator, decision, dump);
    for (const BindingUpdate& binding : bindings_) {
      tools::LogBinding* out = dump->add_bindings();
      out->set_participant(binding.participant);
      if (!binding.store.empty()) out->set_store_id(binding.store.ToText());
      out->set_incarnation(binding.incarnation);
    }
  }

  std::vector<std::string> Problems() const {
    std::vector<std::string> problems = problems_;
    for (const auto& [id, mask] : masks_) {
      if (decisions_.count(id) == 0) {
        problems.push_back("acknowledgements of a decision that is not there; restore a backup");
      }
    }
    return problems;
  }

 private:
  bool Take(std::string_view key, std::string_view value, std::string* error) {
    if (key == log_keys::kHorizon) return DecodeHorizon(value, &horizon_, error);
    if (key == log_keys::kCounter) return DecodeDecisionCounter(value, &counter_, error);
    switch (key.empty() ? '\0' : key[0]) {
      case log_keys::kDecision: {
        std::vector<DecisionRecord> decisions;
        if (!Decode(value, &decisions, error)) return false;
        for (DecisionRecord& decision : decisions) {
          const Sequence id = decision.id;
          decisions_[id] = std::move(decision);
        }
        return true;
      }
      case log_keys::kAcknowledged: {
        std::vector<AcknowledgedUpdate> updates;
        if (!Decode(value, &updates, error)) return false;
        for (const AcknowledgedUpdate& update : updates) masks_[update.id] = update.branches;
        return true;
      }
      case log_keys::kBinding:
        return Decode(value, &bindings_.emplace_back(), error);
      default:
        *error = "its key is of no kind that is known";
        return false;
    }
  }

  void Add(const CoordinatorId& coordinator, const DecisionRecord& decision,
           tools::LogDump* dump) const {
    const auto found = masks_.find(decision.id);
    const std::uint64_t mask = found == masks_.end() ? 0 : found->second;
    tools::LogDecision* out = dump->add_decisions();
    out->set_transaction_id(TransactionId{coordinator, decision.id}.ToText());
    out->set_decision_number(decision.number);
    out->set_finished(true);
    for (std::size_t i = 0; i < decision.branches.size(); ++i) {
      const bool acknowledged = ((mask >> i) & 1) == 1;
      tools::LogBranch* branch = out->add_branches();
      branch->set_participant(decision.branches[i].participant);
      branch->set_store_id(decision.branches[i].store.ToText());
      branch->set_acknowledged(acknowledged);
      if (!acknowledged) out->set_finished(false);
    }
  }

  std::map<Sequence, DecisionRecord> decisions_;
  std::map<Sequence, std::uint64_t> masks_;
  std::vector<BindingUpdate> bindings_;
  Sequence horizon_;
  std::uint64_t counter_ = 0;
  std::vector<std::string> problems_;
};

void AddProblems(const std::vector<std::string>& problems, tools::LogVerification* out) {
  for (const std::string& problem : problems) out->add_problems(problem);
}

// What storage found, without the records.
void Fill(const storage::VerifyReport& report, tools::LogVerification* out) {
  AddProblems(report.problems, out);
  if (report.head) {
    out->set_epoch(report.head->opens);
    out->set_sequence(report.head->sequence);
    out->set_live_records(report.head->live_records);
  }
  if (report.witness_sequence) out->set_witness_sequence(*report.witness_sequence);
  if (report.superseded) out->set_superseded(*report.superseded);
}

// The log's coordinator; empty with a problem noted if this is no decision log.
CoordinatorId OwnerOf(const storage::VerifyReport& report, tools::LogVerification* out) {
  if (!report.identity) return {};
  const CoordinatorId owner =
      CoordinatorId::Parse(report.identity->owner).value_or(CoordinatorId());
  if (report.identity->kind != LevelDbDecisionLog::kKind || owner.empty()) {
    out->add_problems("this is a database of kind \"" + report.identity->kind +
                      "\", not a coordinator's decision log; give the directory of one");
    return {};
  }
  if (report.identity->format > LevelDbDecisionLog::kFormat) {
    out->add_problems("the log was written by a newer version; use that version's assent");
    return {};
  }
  out->set_coordinator_id(std::string(owner.text()));
  return owner;
}

void FillFromRecords(const CoordinatorId& owner, const Reader& reader, tools::LogDump* dump) {
  reader.Fill(owner, dump);
  tools::LogVerification* verification = dump->mutable_verification();
  AddProblems(reader.Problems(), verification);
  const auto& decisions = dump->decisions();
  verification->set_decisions(static_cast<std::uint64_t>(decisions.size()));
  verification->set_unfinished(static_cast<std::uint64_t>(
      std::count_if(decisions.begin(), decisions.end(),
                    [](const tools::LogDecision& decision) { return !decision.finished(); })));
}

}  // namespace

storage::Status ReadLog(const std::string& directory, const std::string& scratch,
                        tools::LogDump* dump) {
  Reader reader;
  storage::VerifyReport report;
  const storage::Status status = storage::VerifyDatabase(
      storage::FileSystem::Posix(), directory, scratch,
      [&reader](std::string_view key, std::string_view value) {
        reader.Visit(key, value);
        return storage::Status();
      },
      &report);
  if (!status.ok()) return status;
  tools::LogVerification* verification = dump->mutable_verification();
  verification->set_directory(directory);
  Fill(report, verification);
  const CoordinatorId owner = OwnerOf(report, verification);
  if (!owner.empty()) FillFromRecords(owner, reader, dump);
  verification->set_whole(verification->problems().empty());
  return status;
}

}  // namespace assent::cli
