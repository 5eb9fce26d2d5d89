// Participant::DescribeState: the whole state as text.
#include <algorithm>

#include "core/participant_impl.h"
#include "core/state_text.h"

namespace assent {

std::string Participant::Impl::DescribeState(Duration grain) const {
  StateText text(now_, grain);
  text.Add("incarnation", incarnation_).Add("token", next_token_);
  for (const auto& [coordinator, c] : coordinators_) DescribeCoordinator(c, &text);
  std::vector<CallId> calls;
  for (const auto& [call, running] : calls_) calls.push_back(call);
  std::sort(calls.begin(), calls.end());
  for (const CallId call : calls) text.Add("call", call).Add("of", calls_.at(call).id);
  return text.Take();
}

void Participant::Impl::DescribeCoordinator(const Known& c, StateText* text) const {
  text->Add("\ncoordinator", c.id.text()).Add("link", c.link.value_or(0));
  for (const LinkId link : c.replaced) text->Add("replaced", link);
  text->Add("epoch", c.knowledge.epoch).Add("life", c.knowledge.life);
  text->Add("decision", c.knowledge.decision_number).Add("mark", c.clean_mark);
  text->Add("evicted", c.evicted).Add("window", c.window.epoch());
  for (std::uint64_t n = 0; n <= c.window.top(); ++n) {
    if (c.window.IsUsed(c.window.epoch(), n)) text->Add("used", n);
  }
  c.ended.ForEach([&](Sequence id, Ended ended) { text->Add("ended", id).Add("", ended); });
  c.branches.ForEach([&](Sequence id, const auto& branch) { DescribeBranch(id, *branch, text); });
}

void Participant::Impl::DescribeBranch(Sequence id, const LocalBranch& branch,
                                       StateText* text) const {
  text->Add("\nbranch", id).Add("state", branch.state()).Add("busy", branch.busy());
  text->Add("cause", branch.abort_cause()).Add("enlisted", branch.enlisted());
  text->Add("asked", branch.asked()).Add("excusable", branch.excusable());
  text->Add("calls", branch.calls()).Add("token", branch.enlist_token());
  text->Add("link", branch.prepare_link()).AddTime("due", branch.deadline());
  if (branch.kept_abort()) text->Add("kept", *branch.kept_abort());
  for (const CallId call : branch.waiting()) text->Add("waiting", call);
}

}  // namespace assent
