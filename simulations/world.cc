#include "simulations/world.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "core/check.h"
#include "participant/key_value_store_write_back.h"

namespace assent::simulation {
namespace {

constexpr std::uint64_t kActionsBetweenLooks = 64;
constexpr std::int64_t kBlockLifetimeMs = 60'000;
constexpr Duration kWatchInterval = Duration::Seconds(2);
// Decisions that may be there of the probe before the last ones.
constexpr std::uint64_t kProbesBefore = 10;
// Of LevelDB: with little data, and as much as it writes before it compacts.
constexpr std::uint64_t kFewBytes = std::uint64_t{32} << 10;
constexpr std::uint64_t kBytesOfTransaction = 512;
constexpr std::uint64_t kStoreBytes = std::uint64_t{12} << 20;
constexpr std::uint64_t kLogBytes = std::uint64_t{1} << 20;
// A call may come so late, and what it begins has a timeout.
constexpr Duration kLatest = Duration::Seconds(180);

std::int64_t NumberIn(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

CoordinatorId IdOfCoordinator(std::int64_t number) {
  return CoordinatorId::Parse("c" + std::to_string(number)).value();
}

std::unique_ptr<LogDisk> MakeLogDisk(const Profile& profile, const CoordinatorId& id) {
  return profile.log_leveldb != 0 ? MakeLevelDbLogDisk(id) : MakeMemoryLogDisk(id);
}

std::unique_ptr<StoreDisk> MakeStoreDisk(const Profile& profile, const StoreId& id) {
  return profile.store_leveldb != 0 ? MakeLevelDbStoreDisk(id) : MakeMemoryStoreDisk(id);
}

}  // namespace

const Disks kGoodDisks = {&MakeLogDisk, &MakeStoreDisk};

World::World(const Profile& profile, LogLevel level, const Disks& disks)
    : context_(profile, level), disks_(disks) {
  Build();
}

World::~World() = default;

// ---------------------------------------------------------------------------------------------
// Who is there

void World::Build() {
  const Profile& profile = context_.profile;
  for (std::int64_t i = 0; i < profile.coordinators; ++i) {
    const CoordinatorId id = IdOfCoordinator(i + 1);
    coordinators_.push_back(
        std::make_unique<CoordinatorNode>(&context_, id, disks_.log(profile, id)));
  }
  for (int i = 0; i < profile.participants + profile.unary; ++i) BuildParticipant(i);
  for (std::int64_t i = 0; i < profile.initiators; ++i) {
    auto node = std::make_unique<InitiatorNode>(&context_, static_cast<int>(i + 1),
                                                context_.random.Chance(profile.session_ppm));
    for (const auto& coordinator : coordinators_) node->AddCoordinator(coordinator.get());
    for (const auto& participant : participants_) node->AddParticipant(participant.get());
    initiators_.push_back(std::move(node));
  }
}

void World::BuildParticipant(int number) {
  const StoreId id{1, static_cast<std::uint64_t>(number) + 1};
  auto disk = disks_.store(context_.profile, id);
  if (number >= context_.profile.participants) {
    participants_.push_back(std::make_unique<UnaryNode>(&context_, number, std::move(disk)));
    for (const auto& coordinator : coordinators_) {
      coordinator->AddUnaryParticipant(participants_.back().get());
    }
    return;
  }
  auto node = std::make_unique<AgentNode>(&context_, number, std::move(disk));
  for (const auto& coordinator : coordinators_) node->AddCoordinator(coordinator.get());
  agents_.push_back(node.get());
  participants_.push_back(std::move(node));
}

void World::Start() {
  context_.transactions_left = context_.profile.transactions;
  Population all;
  all.agents = agents_;
  for (std::size_t i = agents_.size(); i < participants_.size(); ++i) {
    all.unary.push_back(participants_[i].get());
  }
  for (const auto& node : coordinators_) all.coordinators.push_back(node.get());
  for (const auto& node : participants_) all.participants.push_back(node.get());
  for (const auto& node : initiators_) all.initiators.push_back(node.get());
  faults_ = std::make_unique<FaultDriver>(&context_, std::move(all));
  for (const auto& node : coordinators_) node->Start();
  for (const auto& node : participants_) node->Start();
  for (const auto& node : initiators_) node->Start();
  faults_->Start();
  Watch();
}

// ---------------------------------------------------------------------------------------------
// Phases

WorldResult World::Run() {
  Start();
  const Time faults_end = Time{} + Duration::Millis(context_.profile.faults_ms);
  const bool in_time = RunUntil(&World::InitiatorsAreIdle, faults_end);
  if (!in_time || context_.history.violation()) return Result(false);
  context_.transactions_left = 0;
  RecordHeal();
  faults_->Heal();
  const Time heal_end = context_.scheduler.Now() + Duration::Millis(context_.profile.heal_ms);
  if (!RunUntil(&World::IsQuiet, heal_end) || !Examine()) return Result(false);
  return Result(true);
}

bool World::RunUntil(bool (World::*rested)() const, Time deadline) {
  const std::uint64_t most = static_cast<std::uint64_t>(context_.profile.max_actions);
  while (context_.scheduler.Now() < deadline && !context_.history.violation()) {
    if (context_.scheduler.actions_run() % kActionsBetweenLooks == 0 && (this->*rested)()) break;
    if (context_.scheduler.actions_run() >= most) return false;
    if (!context_.scheduler.RunOne()) break;
  }
  RecordViolation(/*at_work=*/true);
  return true;
}

bool World::InitiatorsAreIdle() const {
  return context_.transactions_left == 0 &&
         std::all_of(initiators_.begin(), initiators_.end(),
                     [](const auto& node) { return node->is_idle(); });
}

bool World::IsQuiet() const { return InitiatorsAreIdle() && Unfinished().empty(); }

std::vector<std::string> World::Unfinished() const {
  std::vector<std::string> unfinished;
  for (const auto& node : coordinators_) {
    if (!node->up()) {
      unfinished.push_back(node->name() + " is down");
      continue;
    }
    const auto open = node->core()->ListTransactions({}, 1, true, node->LocalNow());
    for (const auto& participant : participants_) {
      if (node->HasAttached(participant->name(), participant->store_id())) continue;
      unfinished.push_back(participant->name() + " is not attached at " + node->name());
    }
    if (!open.empty()) unfinished.push_back(open[0].id.ToText() + " is not finished");
  }
  for (const auto& node : participants_) {
    if (!node->is_attached_everywhere()) unfinished.push_back(node->name() + " is not attached");
    if (node->unfinished_branches() > 0) {
      unfinished.push_back(node->name() + " has an unfinished branch");
    }
  }
  for (const auto& node : initiators_) {
    const std::vector<std::string> waits = node->Unfinished();
    unfinished.insert(unfinished.end(), waits.begin(), waits.end());
  }
  return unfinished;
}

// ---------------------------------------------------------------------------------------------
// At the end

bool World::Examine() {
  if (context_.history.violation()) return true;
  Evidence evidence;
  evidence.history = &context_.history;
  evidence.unfinished = Unfinished();
  if (evidence.unfinished.empty()) {
    const bool has_probed =
        ProbeLocks(&evidence) && WaitForRetention(&evidence) && MeasureLast(&evidence);
    const Time end = context_.scheduler.Now() + Duration::Seconds(60);
    if (!has_probed || !RunUntil(&World::IsQuiet, end)) return false;
  }
  for (const auto& node : participants_) {
    if (node->up()) evidence.stores.push_back(Collect(node.get()));
  }
  for (const Check check : AllChecks()) {
    if (context_.history.violation()) break;
    if (const std::optional<Violation> violation = check(evidence)) {
      context_.history.Violate(*violation);
    }
  }
  return true;
}

// `plan` as a transaction, until it commits; a few times at most.
bool World::Probe(int coordinator, const Plan& plan, ProbeResult* result) {
  InitiatorNode* const initiator = initiators_[0].get();
  *result = ProbeResult();
  while (result->attempts < 10 && !result->has_committed && !context_.history.violation()) {
    ++result->attempts;
    initiator->RunProbe(coordinator, plan);
    const Time deadline = context_.scheduler.Now() + Duration::Seconds(60);
    if (!RunUntil(&World::InitiatorsAreIdle, deadline)) return false;
    result->has_committed = initiator->probe_has_committed();
  }
  return true;
}

bool World::ProbeLocks(Evidence* evidence) {
  for (const auto& node : participants_) {
    const int number = node->number();
    for (const Plan& plan : ProbePlans(number, context_.history.WantedAt(number))) {
      ProbeResult result;
      if (!Probe(0, plan, &result)) return false;
      if (!result.has_committed) evidence->locked.push_back(number);
    }
  }
  return true;
}

// When the retention of all outcomes is over, on the slowest clock too, none is kept but those of a
// last transaction, whose decision takes along to the disk that the others are acknowledged.
bool World::WaitForRetention(Evidence* evidence) {
  const std::int64_t longest = std::max(context_.profile.retention_ms, kBlockLifetimeMs);
  if (context_.history.violation()) return true;
  const Time end = context_.scheduler.Now() + Duration::Millis(longest * 2) + kLatest;
  if (!RunUntil(&World::Never, end)) return false;
  for (std::size_t i = 0; i < coordinators_.size(); ++i) {
    ProbeResult last;
    if (!Probe(static_cast<int>(i), SmallPlan(0), &last)) return false;
    const CoordinatorNode& node = *coordinators_[i];
    const auto kept = node.core()->ListTransactions({}, last.attempts + 1, false, node.LocalNow());
    if (kept.size() <= last.attempts) continue;
    evidence->kept_too_long.push_back(node.name() + " still remembers " + kept[0].id.ToText() +
                                      ", whose retention is over");
  }
  return true;
}

// ---------------------------------------------------------------------------------------------
// How much is kept

void World::Watch() {
  if (context_.healed) return;
  if (const std::optional<Violation> violation = CheckSizes(SizesNow())) {
    context_.history.Violate(*violation);
  }
  context_.scheduler.After(kWatchInterval, [this] { Watch(); });
}

std::vector<Size> World::SizesNow() const {
  std::vector<Size> sizes;
  const auto most_open = static_cast<std::uint64_t>(context_.profile.max_open);
  const auto most_remembered = static_cast<std::uint64_t>(context_.profile.max_remembered);
  for (const auto& node : coordinators_) {
    if (!node->up()) continue;
    const std::size_t unfinished = node->core()->open_transactions();
    sizes.push_back({node->name(), "unfinished transactions", unfinished,
                     most_open + node->recovered_decisions()});
    if (context_.profile.max_remembered >= context_.profile.transactions) continue;
    const std::size_t all =
        node->core()->ListTransactions({}, SIZE_MAX, false, node->LocalNow()).size();
    // One whose acknowledgements are not durable yet is kept beyond the limit.
    sizes.push_back({node->name(), "finished transactions", all - unfinished,
                     most_remembered + node->unwritten()});
  }
  for (const auto& node : participants_) {
    if (!node->up()) continue;
    const auto branches = node->core()->ListBranches(node->LocalNow());
    const auto unvoted = std::count_if(branches.begin(), branches.end(), [](const auto& branch) {
      return branch.state == LocalBranchState::kActive ||
             branch.state == LocalBranchState::kPreparing;
    });
    sizes.push_back({node->name(), "branches that have not voted",
                     static_cast<std::uint64_t>(unvoted),
                     static_cast<std::uint64_t>(context_.profile.max_active)});
  }
  return sizes;
}

// All retention is over. A last transaction of each coordinator with each participant tells what
// need not be kept any more; then only what these few left is there.
std::uint64_t World::BytesOfWork() const {
  return kFewBytes +
         kBytesOfTransaction * static_cast<std::uint64_t>(context_.outcomes.transactions);
}

// A group, a record of aborts, and of each coordinator a proof stay until values are written back;
// those of keys that are committed again and again last.
std::uint64_t World::MaxRecordsBesideData(const StoreId& store) const {
  constexpr std::uint64_t kRecordsPerCoordinator = 6;
  return kRecordsPerCoordinator * coordinators_.size() +
         (2 + coordinators_.size()) * key_value_store_internal::WriteBack::kOften *
             StoreDisk::WriteBackBatches(store);
}

bool World::MeasureLast(Evidence* evidence) {
  std::vector<std::uint64_t> decided(coordinators_.size(), kProbesBefore);
  for (std::size_t i = 0; i < coordinators_.size(); ++i) {
    for (const auto& node : participants_) {
      ProbeResult last;
      if (!Probe(static_cast<int>(i), SmallPlan(node->number()), &last)) return false;
      decided[i] += last.attempts;
    }
  }
  if (context_.history.violation()) return true;
  for (const auto& node : participants_) {
    evidence->sizes.push_back({node->name(), "records beside its data",
                               node->disk()->records_beside_data(),
                               MaxRecordsBesideData(node->store_id())});
    evidence->sizes.push_back({node->name(), "bytes on its disk", node->disk()->used_bytes(),
                               std::min(BytesOfWork(), kStoreBytes)});
  }
  for (std::size_t i = 0; i < coordinators_.size(); ++i) {
    CoordinatorNode& node = *coordinators_[i];
    evidence->sizes.push_back({node.name(), "bytes on its disk", node.disk()->used_bytes(),
                               std::min(BytesOfWork(), kLogBytes)});
    node.Crash(CrashKind());
    node.Start();
    evidence->sizes.push_back(
        {node.name(), "decisions in its log", node.recovered_decisions(), decided[i]});
  }
  return true;
}

StoreEvidence World::Collect(StoreProcess* process) const {
  StoreEvidence evidence;
  evidence.participant = process->number();
  const StoreResult result = process->store()->ScanCommitted(
      "", [&evidence](std::string_view key, std::string_view value) {
        if (key.starts_with(kMarkPrefix)) {
          evidence.marks.emplace(key.substr(kMarkPrefix.size()), NumberIn(value));
        } else if (key.starts_with(kMoneyPrefix)) {
          evidence.money += NumberIn(value);
        } else if (key.starts_with(kGoodsPrefix)) {
          evidence.goods += NumberIn(value);
        }
      });
  ASSENT_CHECK(result.ok(), "a store that is up can be read");
  return evidence;
}

void World::RecordHeal() {
  if (!context_.events.Wants(EventKind::kHeal)) return;
  Event event;
  event.kind = EventKind::kHeal;
  event.what = "all faults heal; from now on everything must finish";
  context_.events.Add(std::move(event));
}

void World::RecordViolation(bool at_work) {
  const std::optional<Violation>& violation = context_.history.violation();
  if (violation) context_.events.AddViolation(violation->promise, violation->text, at_work);
}

WorldResult World::BreakOff(const std::string& text) {
  context_.history.Violate("invariant", text);
  RecordViolation(/*at_work=*/true);
  return Result(false);
}

WorldResult World::Result(bool finished) {
  RecordViolation(/*at_work=*/false);
  WorldResult result;
  result.violation = context_.history.violation();
  result.outcomes = context_.outcomes;
  if (!finished) {
    result.unfinished = "the world did not finish within " +
                        std::to_string(context_.scheduler.actions_run()) + " actions";
  } else if (result.outcomes.transactions == 0) {
    result.unfinished = "no transaction began within faults_ms: nothing was tried";
  }
  result.verdict = result.violation            ? Verdict::kViolated
                   : result.unfinished.empty() ? Verdict::kHeld
                                               : Verdict::kUnfinished;
  result.network = context_.network.counts();
  result.faults = faults_->counts();
  for (const auto& node : participants_) result.faults.refused_ends += node->refused_ends();
  result.coverage = context_.coverage;
  result.virtual_time = context_.scheduler.Now() - Time{};
  result.actions = context_.scheduler.actions_run();
  context_.scheduler.AddToDigest(context_.random.Next());
  result.digest = context_.scheduler.digest();
  result.events = context_.events.events();
  return result;
}

}  // namespace assent::simulation
