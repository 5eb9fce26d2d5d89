// Coordinator::DescribeState: the whole state as text.
#include "core/coordinator_impl.h"
#include "core/state_text.h"

namespace assent {

std::string Coordinator::Impl::DescribeState(Duration grain) const {
  StateText text(now_, grain);
  text.Add("phase", phase_).Add("draining", draining_).Add("superseded_by", stop_reason_);
  text.Add("life", life_).Add("recovered_number", recovered_decision_number_);
  DescribeIds(&text);
  DescribeParticipants(&text);
  for (const Sequence id : Select([](const Transaction&) { return true; })) {
    DescribeTransaction(*Find(id), &text);
  }
  text.Add("\nfinished", finished_.size());
  finished_.ForEach([&](const Transaction& one) { DescribeTransaction(one, &text); });
  text.Add("last_number", last_decision_number_).Add("unlogged", last_ticket_ - logged_);
  for (const Pending& pending : pending_) {
    text.Add("\npending", pending.ticket - logged_).Add("kind", pending.kind).Add("", pending.id);
    text.Add("bits", pending.bits).Add("request", pending.request);
  }
  auto removable = removable_;
  for (; !removable.empty(); removable.pop()) text.Add("\nremovable", removable.top());
  return text.Take();
}

void Coordinator::Impl::DescribeIds(StateText* text) const {
  text->Add("\nepoch", epoch_).Add("horizon", ledger_.horizon());
  text->Add("recorded", recorded_horizon_).Add("undecided", ledger_.lowest_undecided());
  for (std::uint64_t number = 1; number < ledger_.next(); ++number) {
    text->Add("", ledger_.Of({epoch_, number}));
  }
}

void Coordinator::Impl::DescribeParticipants(StateText* text) const {
  for (const auto& [name, participant] : registry_.participants()) {
    text->Add("\nparticipant ", name).Add("store", participant.store().ToText());
    text->Add("incarnation", participant.incarnation()).Add("life", participant.life());
    text->Add("link", participant.link()).Add("kind", participant.kind());
    text->Add("stamp", participant.last_stamp());
    for (const Sequence id : participant.unfinished().List()) text->Add("unfinished", id);
    for (const Sequence id : participant.prepared()) {
      if (AwaitsVote(&participant, id)) text->Add("awaits", id);
    }
  }
  std::vector<LinkId> unattached;
  for (const auto& [id, link] : registry_.links()) {
    if (link.participant == nullptr) unattached.push_back(id);
  }
  std::sort(unattached.begin(), unattached.end());
  for (const LinkId link : unattached) text->Add("unattached", link);
}

void Coordinator::Impl::DescribeTransaction(const Transaction& transaction, StateText* text) const {
  text->Add("\ntransaction", transaction.id()).Add("state", transaction.state());
  text->Add("number", transaction.decision_number()).Add("hash", transaction.request_hash());
  text->Add("recorded", transaction.recorded_bits()).AddTime("due", transaction.state_deadline());
  if (transaction.state() == TransactionState::kAborted) {
    const Transaction::Abortion& abortion = transaction.abortion();
    text->Add("why", abortion.reason).Add("who", abortion.participant).Add("", abortion.text);
  }
  for (const Branch& branch : transaction.branches()) {
    text->Add("branch", branch.participant->name()).Add("", branch.state);
    text->Add("store", branch.store.ToText()).Add("incarnation", branch.incarnation);
    text->Add("stamp", branch.stamp).Add("payload", branch.payload);
    // Not whether it counts as unacknowledged: for limits only, which no small world reaches.
    text->Add("", branch.has_payload).Add("", branch.has_worked).Add("", branch.commit_sent);
  }
  for (const Transaction::Waiter& waiter : transaction.waiters()) {
    text->Add("waiter", waiter.request).Add("for", waiter.wait_for).AddTime("to", waiter.deadline);
  }
}

}  // namespace assent
