#include "participant/agent_state.h"

#include <map>
#include <utility>

#include "core/check.h"
#include "participant/coordinator_notes.h"
#include "runtime/random.h"
#include "storage/guarded_database.h"

namespace assent {

using storage::GuardedDatabase;
using storage::Identity;
using storage::Status;
using storage::StatusKind;

namespace {

constexpr char kKind[] = "agent-state";
constexpr std::uint32_t kFormat = 1;
constexpr char kNotePrefix = 'k';

storage::DatabaseOptions DatabaseOptionsOf(const AgentStateOptions& options) {
  storage::DatabaseOptions database;
  database.file_system = options.file_system;
  database.clear_superseded = options.clear_superseded;
  database.reserve_bytes = 0;
  return database;
}

std::string TextOf(const Status& status) { return status.ok() ? "" : status.ToString(); }

}  // namespace

std::string HowToClearSuperseded(const std::string& option) {
  return " Then set " + option +
         " for one start, and let an operator replace the participant at its coordinators.";
}

StoreId DrawStoreId() { return StoreId{RandomNumber(), RandomNumber()}; }

class AgentState::Impl {
 public:
  explicit Impl(const AgentStateOptions& options) : options_(options) {}

  Status Open(RecoveredStore* recovered);
  Status Note(const std::vector<participant_effect::NoteCoordinator>& notes);
  Status MarkSuperseded(const std::string& reason) { return database_->MarkSuperseded(reason); }
  Status Close();

 private:
  Status Visit(std::string_view key, std::string_view value);

  const AgentStateOptions options_;
  std::unique_ptr<GuardedDatabase> database_;
  CoordinatorNotes notes_;
};

Status AgentState::Impl::Visit(std::string_view key, std::string_view value) {
  if (key[0] == kNotePrefix) {
    const std::optional<CoordinatorId> coordinator = CoordinatorId::Parse(key.substr(1));
    const auto note = coordinator ? DecodeNote(*coordinator, value) : std::nullopt;
    if (note) {
      notes_.Merge(*note);
      return Status();
    }
  }
  return Status(StatusKind::kDamaged, "agent state in '" + options_.directory + "': record '" +
                                          std::string(key) +
                                          "' cannot be read; restore it from a backup");
}

Status AgentState::Impl::Open(RecoveredStore* recovered) {
  const auto visitor = [this](std::string_view key, std::string_view value) {
    return Visit(key, value);
  };
  Status status = GuardedDatabase::Open(DatabaseOptionsOf(options_), options_.directory,
                                        Identity{kKind, kFormat, ""}, visitor, &database_);
  if (status.kind() == StatusKind::kSuperseded) {
    return Status(status.kind(),
                  status.message() + HowToClearSuperseded("AgentStateOptions::clear_superseded"));
  }
  if (!status.ok()) return status;
  const std::optional<StoreId> id = StoreId::Parse(database_->identity().owner);
  if (!id || id->empty()) {
    return Status(StatusKind::kDamaged, "agent state in '" + options_.directory +
                                            "': the store's id is garbled; restore it");
  }
  recovered->store = *id;
  recovered->incarnation = database_->opens();
  recovered->coordinators = notes_.List();
  notes_.ClearChanged();
  return Status();
}

Status AgentState::Impl::Note(const std::vector<participant_effect::NoteCoordinator>& notes) {
  for (const auto& note : notes) {
    notes_.Merge({note.coordinator, note.knowledge, note.clean_mark});
  }
  if (notes_.changed().empty()) return Status();
  storage::Batch batch;
  for (const CoordinatorId& coordinator : notes_.changed()) {
    batch.Put(kNotePrefix + std::string(coordinator.text()), EncodeNote(*notes_.Find(coordinator)));
  }
  notes_.ClearChanged();
  return database_->Write(batch, false);
}

Status AgentState::Impl::Close() {
  if (database_ == nullptr) return Status();
  Status status = database_->Close();
  database_.reset();
  return status;
}

std::string AgentState::Create(const AgentStateOptions& options, const StoreId& id) {
  if (id.empty()) return "an agent's state needs a store id: DrawStoreId()";
  return TextOf(GuardedDatabase::Create(DatabaseOptionsOf(options), options.directory,
                                        Identity{kKind, kFormat, id.ToText()}));
}

AgentState::AgentState(const AgentStateOptions& options) : impl_(std::make_unique<Impl>(options)) {}
AgentState::~AgentState() = default;

std::string AgentState::Open(RecoveredStore* recovered) { return TextOf(impl_->Open(recovered)); }

std::string AgentState::Note(const std::vector<participant_effect::NoteCoordinator>& notes) {
  return TextOf(impl_->Note(notes));
}

std::string AgentState::MarkSuperseded(const std::string& reason) {
  return TextOf(impl_->MarkSuperseded(reason));
}

std::string AgentState::Close() { return TextOf(impl_->Close()); }

}  // namespace assent
