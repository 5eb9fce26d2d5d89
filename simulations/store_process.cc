#include "simulations/store_process.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/check.h"

namespace assent::simulation {

StoreProcess::StoreProcess(Context* context, int number, std::unique_ptr<StoreDisk> disk)
    : Process(context, NameOfParticipant(number)), number_(number), disk_(std::move(disk)) {}

// ---------------------------------------------------------------------------------------------
// Lives

void StoreProcess::StartAfter(Duration delay) {
  context_->scheduler.After(delay, [this, last = life()] {
    if (!up() && life() == last) Start();
  });
}

void StoreProcess::Start() {
  const bool disk_is_bad = disk_->has_pending_fault();
  store_ = disk_->MakeStore();
  StartResult started = store_->Start(Handlers());
  if (!started.ok()) {
    if (!disk_is_bad && !disk_->is_damaged() && !wrong_store_) {
      context_->history.Violate("R2", name() + " does not start: " + started.error);
    }
    return Refuse(started.error);
  }
  context_->history.StartsOn(name(), is_marked_);
  disk_->AcceptDamage();
  CheckRecovered(started.recovered);
  ComeUp();
  ++starts_;
  incarnation_ = started.recovered.incarnation;
  is_batch_scheduled_ = false;
  if (!wrong_store_) store_id_ = started.recovered.store;
  if (Records(EventKind::kStart)) {
    Record(EventKind::kStart,
           "starts, incarnation " + std::to_string(started.recovered.incarnation) + ", " +
               std::to_string(started.recovered.prepared.size()) + " branches in doubt",
           started.recovered.prepared);
  }
  Recover(std::move(started.recovered));
}

void StoreProcess::Recover(RecoveredStore recovered) {
  const Attach me{name(), recovered.store, recovered.incarnation, context_->random.Next(), {}, {}};
  ParticipantLimits limits;
  limits.max_active_branches = static_cast<std::size_t>(context_->profile.max_active);
  core_ = std::make_unique<Participant>(limits, std::move(recovered), context_->random.Next(),
                                        LocalNow());
  ParticipantSinks* const sinks = this;
  dispatcher_ = std::make_unique<ParticipantDispatcher>(sinks, store_.get());
  OnRecovered(me);
  Pump();
}

void StoreProcess::Refuse(const std::string& error) {
  ++refused_starts_;
  if (Records(EventKind::kRefuse)) Record(EventKind::kRefuse, "does not start: " + error);
  disk_->Crash(std::move(store_), CrashKind(), &context_->random);
  store_.reset();
  disk_->MendFaults();
  disk_->Repair();
  scene_.reset();
  StartAfter(Duration::Millis(1 + context_->profile.down_ms));
}

void StoreProcess::CheckRecovered(const RecoveredStore& recovered) {
  if (wrong_store_) return;
  const std::set<TransactionId> found(recovered.prepared.begin(), recovered.prepared.end());
  context_->history.Recovered(number_, prepared_, found);
  prepared_ = found;
  CountScene(found);
}

void StoreProcess::NoteScene(const CrashKind& kind) {
  if (wrong_store_) return;
  scene_ = ParticipantScene{kind.cause(), {}};
  for (const LocalBranchView& branch : core_->ListBranches(LocalNow())) {
    const TransactionFacts* facts = context_->history.Find(branch.id);
    const bool was_prepared = facts != nullptr && (facts->voted & BitOf(number_)) != 0;
    scene_->branches.push_back(
        {branch.id, branch.state, was_prepared, ending_.contains(branch.id)});
  }
}

void StoreProcess::CountScene(const std::set<TransactionId>& prepared) {
  if (!scene_) return;
  for (const ParticipantScene::Branch& branch : scene_->branches) {
    context_->coverage.CountBranch(scene_->cause, FateOf(branch, prepared.contains(branch.id)),
                                   branch.state);
  }
  scene_.reset();
}

void StoreProcess::Crash(const CrashKind& kind) {
  if (!up()) return;
  if (Records(EventKind::kCrash)) {
    Record(EventKind::kCrash, kind.power_loss ? "loses power" : "is killed");
  }
  NoteScene(kind);
  GoDown();
  OnDown();
  core_.reset();
  dispatcher_.reset();
  effects_.clear();
  told_to_abort_.clear();
  ending_.clear();
  CrashKind crash = kind;
  crash.in_write = kind.in_write && is_batch_scheduled_;
  disk_->Crash(std::move(store_), crash, &context_->random);
  store_.reset();
  completions_.clear();
}

void StoreProcess::Stop() {
  if (!up()) return;
  if (Records(EventKind::kHalt)) Record(EventKind::kHalt, "is asked to stop");
  while (store_->failure().empty() && store_->RunPending()) {
  }
  Crash(CrashKind());
}

void StoreProcess::SupersedeStore(const std::string& reason) {
  is_marked_ = true;
  store_->Supersede(reason);
}

void StoreProcess::KeepCopy() {
  if (disk_->is_damaged() || wrong_store_ || !(tells_its_life() || prepared_.empty())) return;
  disk_->KeepCopy();
  copied_after_ = starts_;
  in_doubt_in_copy_ = context_->history.InDoubtAt(number_);
}

bool StoreProcess::CanUse(WrongStore kind) const {
  if (!up() || wrong_store_ || disk_->is_damaged()) return false;
  if (kind.outruns && !tells_its_life()) return false;
  if (kind.is_empty) return true;
  if (!disk_->has_copy()) return false;
  if (!kind.outruns) return tells_its_life() || starts_ > copied_after_ + 1;
  const std::vector<TransactionId> now = context_->history.InDoubtAt(number_);
  return std::find_first_of(now.begin(), now.end(), in_doubt_in_copy_.begin(),
                            in_doubt_in_copy_.end()) == now.end();
}

bool StoreProcess::BeginWrongStore(WrongStore kind) {
  if (!CanUse(kind)) return false;
  Crash(CrashKind());
  disk_->MendFaults();
  if (kind.is_empty) {
    disk_->Wipe(kind.outruns ? store_id_ : StoreId{2, context_->random.Next()});
  } else {
    disk_->SwapWithCopy();
  }
  if (kind.outruns) StartOften(incarnation_);
  wrong_store_ = kind;
  Note(EventKind::kOperator, kind.is_empty ? "an operator starts it on an empty store"
                                           : "an operator starts an older copy");
  if (kind.outruns) Note(EventKind::kOperator, "it has been started more often than the right one");
  StartAfter(Duration::Millis(1));
  return true;
}

void StoreProcess::EndWrongStore() {
  if (!wrong_store_) return;
  Crash(CrashKind());
  Note(EventKind::kOperator, "the operator puts the right store back");
  disk_->PutBack();
  if (outruns()) StartOften(incarnation_);
  wrong_store_.reset();
  is_marked_ = false;
  StartAfter(Duration::Millis(1));
}

void StoreProcess::StartOften(Incarnation least) {
  for (Incarnation reached = 0; reached < least;) {
    store_ = disk_->MakeStore();
    const StartResult started = store_->Start(Handlers());
    ASSENT_CHECK(started.ok(), "what an operator starts lies on a good disk");
    reached = started.recovered.incarnation;
    disk_->Crash(std::move(store_), CrashKind(), &context_->random);
    store_.reset();
  }
}

// ---------------------------------------------------------------------------------------------
// The core

std::size_t StoreProcess::unfinished_branches() const {
  return core_ == nullptr ? 0 : core_->ListBranches(LocalNow()).size();
}

void StoreProcess::OnTick() {
  if (core_->NextDeadline() <= LocalNow()) Step(participant_input::Tick{});
  Pump();
}

void StoreProcess::Step(ParticipantInput input) {
  core_->Step(std::move(input), LocalNow(), &effects_);
  if (++steps_ % static_cast<std::uint64_t>(context_->profile.check_every) == 0) {
    core_->CheckInvariants();
  }
  if (!context_->healed && context_->profile.refuse_end_ppm > 0) RefuseSomeEnds();
  if (outruns()) RefuseWork();
  if (!wrong_store_) {
    for (const ParticipantEffect& effect : effects_) NoteEffect(effect);
  }
  dispatcher_->Perform(&effects_);
}

void StoreProcess::RefuseSomeEnds() {
  const auto refuses = [this](const ParticipantEffect& effect) {
    const auto* commit = std::get_if<participant_effect::CommitBranch>(&effect);
    const auto* abort = std::get_if<participant_effect::AbortBranch>(&effect);
    if (commit == nullptr && abort == nullptr) return false;
    if (!context_->random.Chance(context_->profile.refuse_end_ppm)) return false;
    if (commit != nullptr) {
      RefuseEnd(commit->id, participant_input::Committed{commit->id, CommitResult::kFailed});
    } else {
      RefuseEnd(abort->id, participant_input::Aborted{abort->id, /*done=*/false});
    }
    return true;
  };
  std::erase_if(effects_, refuses);
}

void StoreProcess::RefuseEnd(const TransactionId& id, ParticipantInput answer) {
  ++refused_ends_;
  if (Records(EventKind::kFault)) {
    Event event;
    event.kind = EventKind::kFault;
    event.fault = "refused_ends";
    event.who = name();
    event.what = "cannot end it now: " + id.ToText();
    event.about = {id};
    context_->events.Add(std::move(event));
  }
  AnswerLater(std::move(answer));
}

void StoreProcess::AnswerLater(ParticipantInput answer) {
  Later(WriteTime(), [this, answer = std::move(answer)] {
    Step(answer);
    Pump();
  });
}

void StoreProcess::RefuseWork() {
  const auto refuses = [this](const ParticipantEffect& effect) {
    const auto* prepare = std::get_if<participant_effect::PrepareBranch>(&effect);
    if (prepare == nullptr) return false;
    AnswerLater(participant_input::Prepared{prepare->id, {VoteKind::kNo, "no service on a copy"}});
    return true;
  };
  std::erase_if(effects_, refuses);
}

void StoreProcess::NoteEffect(const ParticipantEffect& effect) {
  if (const auto* commit = std::get_if<participant_effect::CommitBranch>(&effect)) {
    BeginEnd(commit->id);
  } else if (const auto* abort = std::get_if<participant_effect::AbortBranch>(&effect)) {
    BeginEnd(abort->id);
  } else if (const auto* prepare = std::get_if<participant_effect::PrepareBranch>(&effect)) {
    if (!told_to_abort_.contains(prepare->id)) return;
    context_->history.Violate("R5", name() + " was told to abort " + prepare->id.ToText() +
                                        ", and carried out its Prepare later");
  }
}

void StoreProcess::BeginEnd(const TransactionId& id) {
  prepared_.erase(id);
  ending_.insert(id);
}

void StoreProcess::Pump() {
  dispatcher_->Flush();
  if (dispatcher_->under_way() > 0) ScheduleBatch();
  ArmTick(core_->NextDeadline());
}

void StoreProcess::Notice(const participant_effect::Notice& notice) {
  if (Records(EventKind::kNotice)) {
    Record(EventKind::kNotice, notice.id.ToText() + ": " + notice.text, {notice.id});
  }
  switch (notice.kind) {
    case ParticipantNoticeKind::kHazard:
    case ParticipantNoticeKind::kContradiction:
    case ParticipantNoticeKind::kInquiryRefused:
      if (wrong_store_) return;
      return context_->history.Violate("alarm",
                                       name() + ": " + notice.id.ToText() + ": " + notice.text);
    case ParticipantNoticeKind::kRefusedPrepare:
    case ParticipantNoticeKind::kDroppedActive:
    case ParticipantNoticeKind::kIgnored:
      return;
  }
}

// ---------------------------------------------------------------------------------------------
// The store at work

ResourceHandlers StoreProcess::Handlers() {
  ResourceHandlers handlers;
  handlers.completed = [this](std::vector<ResourceCompletion> completions) {
    Completed(std::move(completions));
  };
  handlers.failed = [this](const std::string& error) { Failed(error); };
  return handlers;
}

void StoreProcess::ScheduleBatch() {
  if (is_batch_scheduled_) return;
  is_batch_scheduled_ = true;
  if (Records(EventKind::kWrite)) Record(EventKind::kWrite, "begins to write");
  Later(WriteTime(), [this] { RunBatch(); });
}

void StoreProcess::RunBatch() {
  is_batch_scheduled_ = false;
  store_->RunPending();
  if (Records(EventKind::kSync)) Record(EventKind::kSync, "has written");
  std::vector<ResourceCompletion> completions;
  completions.swap(completions_);
  for (ParticipantInput& input : dispatcher_->ToInputs(std::move(completions))) {
    Step(std::move(input));
  }
  Pump();
}

// From within RunPending, or from a store whose process has died.
void StoreProcess::Completed(std::vector<ResourceCompletion> completions) {
  if (!up()) return;
  for (ResourceCompletion& completion : completions) {
    if (Records(EventKind::kVote)) RecordCompletion(completion);
    Keep(completion);
    completions_.push_back(std::move(completion));
  }
}

void StoreProcess::RecordCompletion(const ResourceCompletion& completion) const {
  if (const auto* prepared = std::get_if<participant_input::Prepared>(&completion)) {
    const VoteKind vote = prepared->result.vote;
    const char* const what = vote == VoteKind::kYes  ? "votes yes, durably: "
                             : vote == VoteKind::kNo ? "votes no: "
                                                     : "has only read: ";
    Record(EventKind::kVote, what + prepared->id.ToText(), {prepared->id});
  } else if (const auto* committed = std::get_if<participant_input::Committed>(&completion)) {
    const bool done = committed->result == CommitResult::kCommitted;
    Record(EventKind::kCommit, (done ? "commits " : "cannot commit ") + committed->id.ToText(),
           {committed->id});
  } else {
    const TransactionId& id = std::get<participant_input::Aborted>(completion).id;
    Record(EventKind::kAbort, "rolls back " + id.ToText(), {id});
  }
}

void StoreProcess::Keep(const ResourceCompletion& completion) {
  if (outruns()) KeepOnCopy(completion);
  if (wrong_store_) return;
  if (const auto* prepared = std::get_if<participant_input::Prepared>(&completion)) {
    if (prepared->result.vote != VoteKind::kYes) return;
    prepared_.insert(prepared->id);
    context_->history.Prepared(prepared->id, number_, life());
  } else if (const auto* committed = std::get_if<participant_input::Committed>(&completion)) {
    ending_.erase(committed->id);
    if (committed->result == CommitResult::kCommitted) {
      context_->history.Committed(committed->id, number_);
    }
  } else {
    const auto& aborted = std::get<participant_input::Aborted>(completion);
    ending_.erase(aborted.id);
    if (aborted.done) context_->history.RolledBack(aborted.id, number_);
  }
}

void StoreProcess::KeepOnCopy(const ResourceCompletion& completion) {
  const auto* aborted = std::get_if<participant_input::Aborted>(&completion);
  if (aborted == nullptr || !aborted->done || wrong_store_->is_empty) return;
  const Profile& profile = context_->profile;
  const Time no_retention_is_over = Time() + Duration::Millis(profile.retention_ms);
  if (!KeepsItsRetention(profile) || context_->scheduler.Now() >= no_retention_is_over) return;
  const auto& copied = in_doubt_in_copy_;
  if (std::find(copied.begin(), copied.end(), aborted->id) == copied.end()) return;
  context_->history.RolledBackOnCopy(aborted->id, number_);
}

void StoreProcess::Failed(const std::string& error) {
  if (!up()) return;
  if (!disk_->has_pending_fault() && !wrong_store_) {
    context_->history.Violate("R8", name() + "'s store failed on a good disk: " + error);
  }
  if (Records(EventKind::kHalt)) Record(EventKind::kHalt, "its store fails: " + error);
  Later(Duration(), [this] {
    CrashKind kind;
    kind.write_failed = true;
    Crash(kind);
    StartAfter(Duration::Millis(1 + context_->profile.down_ms));
  });
}

}  // namespace assent::simulation
