#include "core/participant.h"

#include <algorithm>
#include <utility>

#include "core/backoff.h"
#include "core/check.h"
#include "core/mutants.h"
#include "core/participant_impl.h"

namespace assent {

using S = LocalBranchState;

Participant::Participant(const ParticipantLimits& limits, const RecoveredStore& recovered,
                         std::uint64_t seed, Time now)
    : impl_(std::make_unique<Impl>(limits, recovered, seed, now)) {}

Participant::~Participant() = default;

void Participant::Step(ParticipantInput input, Time now, ParticipantEffects* effects) {
  impl_->Step(std::move(input), now, effects);
}

Time Participant::NextDeadline() const { return impl_->NextDeadline(); }

CoordinatorKnowledge Participant::KnowledgeOf(const CoordinatorId& coordinator) const {
  return impl_->KnowledgeOf(coordinator);
}

std::vector<KnownCoordinator> Participant::Knowledge() const { return impl_->Knowledge(); }

Sequence Participant::CleanMarkOf(const CoordinatorId& coordinator) const {
  return impl_->CleanMarkOf(coordinator);
}

std::vector<LocalBranchView> Participant::ListBranches(Time now) const {
  return impl_->ListBranches(now);
}

std::size_t Participant::in_doubt() const { return impl_->in_doubt(); }

const ParticipantCounts& Participant::counts() const { return impl_->counts(); }

void Participant::CheckInvariants() const { impl_->CheckInvariants(); }

std::string Participant::DescribeState(Duration grain) const { return impl_->DescribeState(grain); }

Participant::Impl::Impl(const ParticipantLimits& limits, const RecoveredStore& recovered,
                        std::uint64_t seed, Time now)
    : limits_(limits), incarnation_(recovered.incarnation), prng_(seed), now_(now) {
  for (const RecoveredStore::Coordinator& known : recovered.coordinators) {
    Known& c = Meet(known.coordinator);
    c.knowledge = known.knowledge;
    c.clean_mark = known.clean_mark;
    c.window.LearnEpoch(known.knowledge.epoch);
  }
  for (const TransactionId& id : recovered.prepared) {
    Known& c = Meet(id.coordinator);
    // What rides along may have been lost, what is prepared was not: its epoch is known to exist.
    c.window.LearnEpoch(id.sequence.epoch);
    Create(c, id.sequence, S::kPrepared);
  }
}

void Participant::Impl::Step(ParticipantInput input, Time now, ParticipantEffects* effects) {
  ASSENT_CHECK(now >= now_, "time went back");
  now_ = now;
  effects_ = effects;
  noted_ = nullptr;
  std::visit([this](auto&& body) { Handle(std::forward<decltype(body)>(body)); }, std::move(input));
  if (noted_ != nullptr) {
    effects_->push_back(
        participant_effect::NoteCoordinator{noted_->id, noted_->knowledge, noted_->clean_mark});
  }
  effects_ = nullptr;
}

Time Participant::Impl::NextDeadline() const { return timers_.Next(); }

CoordinatorKnowledge Participant::Impl::KnowledgeOf(const CoordinatorId& coordinator) const {
  const Known* c = Find(coordinator);
  return c == nullptr ? CoordinatorKnowledge{} : ToTell(*c);
}

std::vector<KnownCoordinator> Participant::Impl::Knowledge() const {
  std::vector<KnownCoordinator> all;
  for (const auto& [id, c] : coordinators_) {
    const CoordinatorKnowledge knowledge = ToTell(c);
    if (knowledge.epoch > 0) all.push_back({id, knowledge});
  }
  return all;
}

// What rides along may have been lost, and with it the life number of the highest epoch.
CoordinatorKnowledge Participant::Impl::ToTell(const Known& c) {
  if (c.window.epoch() <= c.knowledge.epoch) return c.knowledge;
  const Epoch before = c.window.epoch() - 1;
  if (before == 0) return {};
  return {before, LifeNumber{0}, c.knowledge.decision_number};
}

Sequence Participant::Impl::CleanMarkOf(const CoordinatorId& coordinator) const {
  const Known* c = Find(coordinator);
  return c == nullptr ? Sequence{} : c->clean_mark;
}

std::vector<LocalBranchView> Participant::Impl::ListBranches(Time now) const {
  std::vector<LocalBranchView> views;
  for (const auto& [coordinator, c] : coordinators_) {
    c.branches.ForEach([&, of = coordinator](Sequence id, const auto& branch) {
      views.push_back({{of, id}, branch->state(), now - branch->since()});
    });
  }
  return views;
}

Participant::Impl::Known& Participant::Impl::Meet(const CoordinatorId& coordinator) {
  const auto index = static_cast<std::uint32_t>(coordinators_.size());
  return coordinators_.try_emplace(coordinator, coordinator, index, limits_.stamp_window)
      .first->second;
}

Participant::Impl::Known* Participant::Impl::Find(const CoordinatorId& coordinator) {
  const auto at = coordinators_.find(coordinator);
  return at == coordinators_.end() ? nullptr : &at->second;
}

const Participant::Impl::Known* Participant::Impl::Find(const CoordinatorId& coordinator) const {
  const auto at = coordinators_.find(coordinator);
  return at == coordinators_.end() ? nullptr : &at->second;
}

Participant::Impl::TimedBranch* Participant::Impl::FindBranch(Known& c, Sequence id) {
  std::unique_ptr<TimedBranch>* const found = c.branches.Find(id);
  return found == nullptr ? nullptr : found->get();
}

Participant::Impl::Place Participant::Impl::PlaceOf(const TransactionId& id) {
  Known* c = Find(id.coordinator);
  ASSENT_CHECK(c != nullptr, "a coordinator never heard of");
  TimedBranch* branch = FindBranch(*c, id.sequence);
  ASSENT_CHECK(branch != nullptr, "no such branch");
  return {*c, id.sequence, *branch};
}

Participant::Impl::Place Participant::Impl::Create(Known& c, Sequence id, LocalBranchState first) {
  const auto [branch, is_new] =
      c.branches.Emplace(id, std::make_unique<TimedBranch>(&c, id, first, now_));
  ASSENT_CHECK(is_new, "a branch begins once");
  Tally(**branch, true);
  return {c, id, **branch};
}

void Participant::Impl::Tally(const LocalBranch& branch, bool add) {
  const std::size_t one = add ? 1 : static_cast<std::size_t>(-1);
  if (IsUnvoted(branch.state())) unvoted_ += one;
  if (branch.state() == S::kPrepared) in_doubt_ += one;
}

void Participant::Impl::Handle(const participant_input::Attached& input) {
  const AttachAnswer& answer = input.answer;
  ASSENT_CHECK(answer.reason == Reason::kNone && !answer.coordinator.empty());
  Known& c = Meet(answer.coordinator);
  if (answer.epoch < c.window.epoch()) {
    // An answer that was overtaken by a later life of the coordinator: nothing on it counts.
    Notice(ParticipantNoticeKind::kIgnored, c, {}, "attached to an earlier epoch");
    return;
  }
  if (c.link) {
    links_.erase(*c.link);
    if (!ASSENT_MUTANT(replaced_link_forgotten)) c.replaced.push_back(*c.link);
  }
  if (answer.epoch > c.knowledge.epoch) {
    c.knowledge.epoch = answer.epoch;
    c.knowledge.life = answer.life;
    noted_ = &c;
  }
  LearnEpoch(c, answer.epoch);
  UseLink(c, input.link);
}

void Participant::Impl::UseLink(Known& c, LinkId link) {
  c.link = link;
  links_[link] = &c;
  c.branches.ForEach([&](Sequence id, const auto& branch) { ResumeOnNewLink({c, id, *branch}); });
}

// R10: whatever may be in doubt is asked about at every attach. An enlistment that was not answered
// goes out again, and first: asked about before it, its transaction might not be open yet.
void Participant::Impl::ResumeOnNewLink(const Place& place) {
  const LocalBranch& branch = place.branch;
  if (branch.state() != S::kActive && branch.state() != S::kPrepared) return;
  if (branch.enlist_token() != 0) {
    Send(place.c, Enlist{branch.enlist_token(), {place.c.id, place.id}});
  }
  place.branch.ResetAttempts();
  Inquire(place);
}

void Participant::Impl::Handle(participant_input::Detached input) {
  const auto at = links_.find(input.link);
  if (at == links_.end()) {
    for (auto& [id, c] : coordinators_) std::erase(c.replaced, input.link);
    return;
  }
  Known& c = *at->second;
  links_.erase(at);
  c.link.reset();
  if (!c.replaced.empty()) {
    // Not ended, so it may be the one that the coordinator kept.
    const LinkId link = c.replaced.back();
    c.replaced.pop_back();
    return UseLink(c, link);
  }
  c.branches.ForEach([&](Sequence id, const auto& branch) {
    // The next attach asks; but nobody waits for ever for one who has not voted.
    if (branch->state() == S::kActive) SetDeadline({c, id, *branch}, now_ + limits_.max_away);
    if (branch->state() == S::kPrepared) SetDeadline({c, id, *branch}, Time::Never());
  });
}

void Participant::Impl::Handle(participant_input::Received input) {
  const auto at = links_.find(input.link);
  if (at == links_.end()) {
    ++counts_.ignored;
    return;
  }
  Known& c = *at->second;
  std::visit(
      [&](auto&& message) { OnMessage(c, input.link, std::forward<decltype(message)>(message)); },
      std::move(input.message));
}

void Participant::Impl::Handle(participant_input::Tick) {
  while (TimedBranch* branch = timers_.PopDue(now_)) {
    branch->set_deadline(Time::Never());
    TimerDue({branch->coordinator(), branch->sequence(), *branch});
  }
}

void Participant::Impl::TimerDue(const Place& place) {
  switch (place.branch.state()) {
    case S::kActive:
      return place.c.link ? Inquire(place) : DropAway(place);
    case S::kPrepared:
      if (ASSENT_MUTANT(prepared_gives_up)) return StartAbort(place, AbortCause::kDropped);
      return Inquire(place);
    case S::kCommitting:
      return AskToCommit(place);
    case S::kAborting:
      return AskToAbort(place);
    case S::kPreparing:
    case S::kReadOnly:
    case S::kCommitted:
    case S::kAborted:
      CheckFailed(__FILE__, __LINE__, "no timer in this state");
  }
}

// R10: before a vote that is ours to do, and no lock is held for who may never come back.
void Participant::Impl::DropAway(const Place& place) {
  Notice(ParticipantNoticeKind::kDroppedActive, place.c, place.id, "its coordinator stays away");
  SettleWaiting(place, Reason::kNotAttached, "the coordinator stays away; begin a new transaction");
  StartAbort(place, AbortCause::kDropped);
}

// Raises the epoch fence: nobody ends an ACTIVE branch of an earlier epoch, its transaction is
// aborted.
void Participant::Impl::LearnEpoch(Known& c, Epoch epoch) {
  if (!c.window.LearnEpoch(epoch)) return;
  c.branches.VisitFrom({}, [&](Sequence id, const auto& branch) {
    if (id.epoch >= epoch) return false;
    if (branch->state() != S::kActive || ASSENT_MUTANT(epoch_fence_ignored)) return true;
    const Place place{c, id, *branch};
    Notice(ParticipantNoticeKind::kDroppedActive, c, id, "its coordinator restarted");
    SettleWaiting(place, Reason::kTransactionFinished, "the coordinator restarted");
    StartAbort(place, AbortCause::kDropped);
    return true;
  });
}

void Participant::Impl::Inquire(const Place& place) {
  const bool asks = !ASSENT_MUTANT(recovered_only_inquires) || place.branch.prepare_link() == 0;
  if (asks) Send(place.c, assent::Inquire{place.id});
  ++counts_.inquiries;
  ScheduleInquiry(place);
}

void Participant::Impl::ScheduleInquiry(const Place& place) {
  const bool in_doubt = place.branch.state() == S::kPrepared;
  const Duration first = in_doubt ? limits_.first_inquiry : limits_.max_inquiry;
  SetDeadline(place,
              now_ + BackoffDelay(first, limits_.max_inquiry, place.branch.NextAttempt(), &prng_));
}

void Participant::Impl::SetDeadline(const Place& place, Time deadline) {
  timers_.Set(&place.branch, deadline);
  place.branch.set_deadline(deadline);
}

void Participant::Impl::Send(const Known& c, FromParticipant message) {
  ASSENT_CHECK(c.link.has_value(), "no link to send on");
  effects_->push_back(participant_effect::Send{*c.link, std::move(message)});
}

void Participant::Impl::Notice(ParticipantNoticeKind kind, const Known& c, Sequence id,
                               std::string text) {
  effects_->push_back(participant_effect::Notice{kind, {c.id, id}, std::move(text)});
}

}  // namespace assent
