// Participant::CheckInvariants: the numbers are those of docs/invariants.md.
#include "core/check.h"
#include "core/participant_impl.h"

namespace assent {

using S = LocalBranchState;

void Participant::Impl::CheckInvariants() const {
  Totals totals;
  for (const auto& [id, c] : coordinators_) CheckCoordinator(c, &totals);
  ASSENT_CHECK(totals.unvoted == unvoted_ && totals.in_doubt == in_doubt_, "P-I9");
  ASSENT_CHECK(totals.calls == calls_.size(), "P-I1");
  timers_.CheckInvariants();
  ASSENT_CHECK(totals.timers == timers_.size(), "P-I8");
  for (const auto& [call, running] : calls_) {
    const std::unique_ptr<TimedBranch>* const branch =
        running.coordinator->branches.Find(running.id);
    ASSENT_CHECK(branch != nullptr && (*branch)->calls() > 0, "P-I1");
  }
  for (const auto& [link, c] : links_) ASSENT_CHECK(c->link == link, "P-I5");
}

void Participant::Impl::CheckCoordinator(const Known& c, Totals* totals) const {
  ASSENT_CHECK(!c.link || links_.at(*c.link) == &c, "P-I5");
  ASSENT_CHECK(c.knowledge.epoch <= c.window.epoch(), "P-I6");
  ASSENT_CHECK(c.ended.size() <= kMaxEnded, "P-I7");
  ASSENT_CHECK(c.ended.empty() || c.ended.First() >= c.clean_mark, "P-I7");
  std::size_t enlistments = 0;
  c.branches.ForEach([&](Sequence id, const auto& branch) {
    branch->CheckInvariants();
    ASSENT_CHECK(timers_.WhenOf(branch.get()) == branch->deadline(), "P-I8");
    CheckBranch(c, id, *branch);
    if (branch->enlist_token() != 0) ++enlistments;
    if (IsUnvoted(branch->state())) ++totals->unvoted;
    if (branch->state() == S::kPrepared) ++totals->in_doubt;
    if (!branch->deadline().IsNever()) ++totals->timers;
    totals->calls += branch->calls();
  });
  ASSENT_CHECK(enlistments == c.enlistments.size(), "P-I2");
}

void Participant::Impl::CheckBranch(const Known& c, Sequence id, const LocalBranch& branch) const {
  const bool waits = !branch.deadline().IsNever();
  ASSENT_CHECK(branch.state() != S::kActive || waits, "P-I8");
  ASSENT_CHECK(branch.state() != S::kPrepared || c.link.has_value() == waits, "P-I8");
  ASSENT_CHECK(branch.state() != S::kActive || id.epoch == c.window.epoch(), "P-I6");
  // A branch that was dropped may only come back as a question (R9).
  ASSENT_CHECK(branch.asked() || !c.ended.Contains(id), "P-I7");
  if (branch.enlist_token() != 0) {
    const auto at = c.enlistments.find(branch.enlist_token());
    ASSENT_CHECK(at != c.enlistments.end() && at->second == id, "P-I2");
  }
}

}  // namespace assent
