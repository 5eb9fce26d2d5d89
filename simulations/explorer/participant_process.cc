#include "simulations/explorer/participant_process.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/state_text.h"

namespace assent::explorer {

namespace pi = participant_input;
namespace pe = participant_effect;

std::uint16_t ParticipantProcess::CallOf(Sequence id, int call) {
  return Narrow((id.epoch * 16 + id.number) * 16 + static_cast<std::uint64_t>(call));
}

Sequence ParticipantProcess::TransactionOf(std::uint16_t call) {
  const std::uint64_t id = call / 16u;
  return {id / 16, id % 16};
}

void ParticipantProcess::Do(Input input, std::vector<Output>* outputs) {
  outputs_ = outputs;
  switch (static_cast<Kind>(input.kind)) {
    case kStart:
      return Start();
    case kCrash:
      return Crash(input.a, input.b != 0);
    case kMessage:
      return Deliver(input.a, shared_->down[input.b]);
    case kDetached:
      return Step(pi::Detached{input.a});
    case kCallBegun:
      return Step(pi::CallBegun{input.a, {TheCoordinator(), TransactionOf(input.a)}});
    case kCallEnded:
      return Step(pi::CallEnded{input.a});
    case kComplete:
      return Complete(input.a, static_cast<Result>(input.b));
    case kTick:
      now_ = now_ + kShort;
      return Step(pi::Tick{});
    case kWipe:
      return Wipe();
  }
}

void ParticipantProcess::Start() {
  ++store_.recovered.incarnation;
  RecoveredStore recovered = store_.recovered;
  for (const auto& [id, work] : store_.prepared) {
    recovered.prepared.push_back({TheCoordinator(), id});
  }
  now_ = Time{};
  core_ = std::make_unique<Participant>(shared_->participant_limits, std::move(recovered), 1, now_);
  core_->CheckInvariants();
}

void ParticipantProcess::Crash(std::uint16_t done, bool notes_kept) {
  for (std::size_t i = 0; i < work_.size(); ++i) {
    if ((done >> i & 1) != 0) PerformWork(work_[i], kDone);
  }
  if (notes_kept && note_) store_.recovered.coordinators.assign(1, *note_);
  work_.clear();
  active_.clear();
  told_to_abort_.clear();
  note_.reset();
  core_.reset();
}

void ParticipantProcess::Wipe() {
  Store fresh;
  fresh.participant = store_.participant;
  if (shared_->wiped_store_outruns) {
    fresh.recovered.store = store_.recovered.store;
    fresh.recovered.incarnation = store_.recovered.incarnation + 1;
  } else {
    fresh.recovered.store = {store_.recovered.store.high + 1, store_.recovered.store.low};
  }
  store_ = std::move(fresh);
}

void ParticipantProcess::Deliver(LinkId link, const ToParticipant& message) {
  const auto* answer = std::get_if<AttachAnswer>(&message);
  if (answer == nullptr) {
    const auto* abort = std::get_if<Abort>(&message);
    Step(pi::Received{link, message});
    if (abort != nullptr && abort->stamp &&
        abort->stamp->incarnation == store_.recovered.incarnation) {
      told_to_abort_.insert(abort->id);
    }
    return;
  }
  if (answer->reason != Reason::kNone) {
    outputs_->push_back({Output::kRefused, Narrow(link), 0});
    return;
  }
  outputs_->push_back({Output::kAttached, Narrow(link), 0});
  Step(pi::Attached{link, *answer});
}

void ParticipantProcess::Complete(std::size_t index, Result result) {
  const Work work = work_[index];
  work_.erase(work_.begin() + static_cast<std::ptrdiff_t>(index));
  if (result != kFailed && note_) {  // rides along with the store's batch
    store_.recovered.coordinators.assign(1, *note_);
    note_.reset();
  }
  Step(PerformWork(work, result));
}

ParticipantInput ParticipantProcess::PerformWork(const Work& work, Result result) {
  const TransactionId id{TheCoordinator(), work.id};
  switch (work.kind) {
    case Work::kPrepare:
      return FinishPrepare(work, result);
    case Work::kCommit:
      if (result == kFailed) return pi::Committed{id, CommitResult::kFailed};
      return pi::Committed{id, FinishCommit(work.id)};
    case Work::kAbort:
      if (result != kFailed) FinishAbort(work.id);
      return pi::Aborted{id, result != kFailed};
  }
  CheckFailed(__FILE__, __LINE__, "work", "of no known kind");
}

pi::Prepared ParticipantProcess::FinishPrepare(const Work& work, Result result) {
  const auto active = active_.find(work.id);
  const int amount = (work.payload ? 1 : 0) + (active == active_.end() ? 0 : active->second);
  if (active != active_.end()) active_.erase(active);
  PrepareResult said{VoteKind::kYes, ""};
  if (result == kVoteNo) {
    said = {VoteKind::kNo, "no"};
  } else if (result == kVoteReadOnly) {
    said.vote = VoteKind::kReadOnly;
  } else {
    store_.prepared[work.id] = amount;
  }
  return {{TheCoordinator(), work.id}, said};
}

CommitResult ParticipantProcess::FinishCommit(Sequence id) {
  const auto prepared = store_.prepared.find(id);
  if (prepared != store_.prepared.end()) {
    Applied& applied = store_.applied[id];
    ++applied.times;
    applied.work += prepared->second;
    store_.prepared.erase(prepared);
    return CommitResult::kCommitted;
  }
  // As the embedded store: below the mark, where proofs are dropped, it is a duplicate.
  Sequence mark = note_ ? note_->clean_mark : Sequence{};
  for (const auto& known : store_.recovered.coordinators) mark = std::max(mark, known.clean_mark);
  const bool known = store_.applied.contains(id) || id < mark;
  return known ? CommitResult::kCommitted : CommitResult::kNotThere;
}

void ParticipantProcess::FinishAbort(Sequence id) {
  active_.erase(id);
  if (store_.prepared.erase(id) > 0) store_.rolled_back.insert(id);
}

void ParticipantProcess::Step(ParticipantInput input) {
  ParticipantEffects effects;
  core_->Step(std::move(input), now_, &effects);
  core_->CheckInvariants();
  for (const ParticipantEffect& effect : effects) {
    std::visit([this](const auto& e) { Perform(e); }, effect);
  }
}

void ParticipantProcess::Perform(const pe::Send& effect) {
  const auto* vote = std::get_if<Vote>(&effect.message);
  if (vote != nullptr && vote->kind == VoteKind::kYes && !store_.prepared.contains(vote->id)) {
    Broken("R6 (yes only after the prepared state is durable): " + name() + " votes yes for " +
           Words(vote->id) + ", and its store lists no such branch");
  }
  const auto* acknowledge = std::get_if<Acknowledge>(&effect.message);
  if (acknowledge != nullptr && !store_.applied.contains(acknowledge->id)) {
    Broken("R9 (acknowledge only after the commit is durable): " + name() + " acknowledges " +
           Words(acknowledge->id) + ", and its store has not committed it");
  }
  const auto message = shared_->up.Intern(Words(effect.message), effect.message);
  outputs_->push_back({Output::kSend, Narrow(effect.link), Narrow(message)});
}

void ParticipantProcess::Perform(const pe::CallAdmitted& effect) {
  ++active_[TransactionOf(Narrow(effect.call))];
}

void ParticipantProcess::Perform(const pe::CallRefused& effect) {
  outputs_->push_back({Output::kCallRefused, Narrow(effect.call), 0});
}

void ParticipantProcess::Perform(const pe::Enlisted& effect) {
  const bool well = effect.reason == Reason::kNone;
  outputs_->push_back({well ? Output::kCallAnswered : Output::kCallFailed, Narrow(effect.call), 0});
}

void ParticipantProcess::Perform(const pe::PrepareBranch& effect) {
  const Sequence id = effect.id.sequence;
  if (told_to_abort_.contains(id)) {
    Broken("R5 (an Abort uses up the stamp of its Prepare): " + name() + " was told to abort " +
           Words(id) + ", and prepares it");
  }
  if (!effect.payload && !active_.contains(id)) {
    Broken("R6 (Prepare without payload of a branch without work is a no): " + name() +
           " has no work of " + Words(id) + " in memory, and prepares it");
  }
  work_.push_back({Work::kPrepare, id, effect.payload.has_value()});
}

void ParticipantProcess::Perform(const pe::CommitBranch& effect) {
  work_.push_back({Work::kCommit, effect.id.sequence, false});
}

void ParticipantProcess::Perform(const pe::AbortBranch& effect) {
  work_.push_back({Work::kAbort, effect.id.sequence, false});
}

void ParticipantProcess::Perform(const pe::NoteCoordinator& effect) {
  note_ = RecoveredStore::Coordinator{effect.coordinator, effect.knowledge, effect.clean_mark};
}

void ParticipantProcess::Perform(const pe::Notice& effect) {
  const bool alarm = effect.kind == ParticipantNoticeKind::kHazard ||
                     effect.kind == ParticipantNoticeKind::kInquiryRefused ||
                     effect.kind == ParticipantNoticeKind::kContradiction;
  if (!alarm || shared_->alarms_have_causes) return;
  Broken("no alarm without a cause: " + name() + " raises one about " + Words(effect.id.sequence) +
         ": " + effect.text);
}

void ParticipantProcess::Broken(const std::string& rule) {
  outputs_->push_back({Output::kBroken, 0, Narrow(shared_->Break(rule))});
}

std::string ParticipantProcess::Text() const {
  StateText text(Time{}, kGrain);
  text.Add("participant", store_.participant).Add("store", store_.recovered.store.high);
  text.Add("incarnation", store_.recovered.incarnation);
  for (const auto& known : store_.recovered.coordinators) {
    text.Add("known", known.knowledge.epoch).Add("", known.knowledge.life);
    text.Add("", known.knowledge.decision_number).Add("", known.clean_mark);
  }
  for (const auto& [id, work] : store_.prepared) text.Add("prepared", id).Add("", work);
  for (const auto& [id, applied] : store_.applied) {
    text.Add("applied", id).Add("", applied.times).Add("", applied.work);
  }
  for (const Sequence id : store_.rolled_back) text.Add("rolled_back", id);
  for (const auto& [id, work] : active_) text.Add("active", id).Add("", work);
  for (const Sequence id : told_to_abort_) text.Add("told_to_abort", id);
  for (const Work& work : work_) text.Add("work", work.kind).Add("", work.id).Add("", work.payload);
  if (note_) {
    text.Add("note", note_->knowledge.epoch).Add("", note_->knowledge.decision_number);
    text.Add("", note_->clean_mark);
  }
  return text.Take() + (core_ ? "\n" + core_->DescribeState(shared_->grain) : "down");
}

ParticipantProcess::Facts ParticipantProcess::facts() const {
  Facts facts;
  facts.up = core_ != nullptr;
  facts.notes_wait = note_.has_value();
  facts.incarnation = store_.recovered.incarnation;
  facts.work = work_;
  std::set<Sequence> ids = store_.rolled_back;
  for (const auto& [id, work] : store_.prepared) ids.insert(id);
  for (const auto& [id, applied] : store_.applied) ids.insert(id);
  for (const Sequence id : ids) {
    const auto applied = store_.applied.find(id);
    facts.effects.push_back({id, applied == store_.applied.end() ? Applied{} : applied->second,
                             store_.rolled_back.contains(id), store_.prepared.contains(id)});
  }
  if (!core_) return facts;
  facts.short_timer = core_->NextDeadline() <= now_ + shared_->longest_short;
  for (const LocalBranchView& view : core_->ListBranches(now_)) {
    facts.branches.push_back({view.id.sequence, view.state});
  }
  facts.settled = facts.branches.empty() && work_.empty();
  const FromParticipant attach =
      Attach{name(), store_.recovered.store, store_.recovered.incarnation,
             100 + store_.recovered.incarnation, core_->KnowledgeOf(TheCoordinator())};
  facts.attach = Narrow(shared_->up.Intern(Words(attach), attach));
  return facts;
}

std::optional<ParticipantProcess::Store> ParticipantProcess::base() const {
  if (core_) return std::nullopt;
  return store_;
}

}  // namespace assent::explorer
