// What operators see.
#include <algorithm>

#include "core/coordinator_impl.h"

namespace assent {

std::vector<TransactionView> Coordinator::Impl::ListTransactions(Sequence after, std::size_t limit,
                                                                 bool unfinished_only,
                                                                 Time now) const {
  std::vector<Sequence> ids = Select([&](const Transaction& transaction) {
    return transaction.id() > after && !(unfinished_only && transaction.finished());
  });
  if (!unfinished_only) {
    const std::vector<Sequence> finished = finished_.List(after, {epoch_ + 1, 0}, limit);
    ids.insert(ids.end(), finished.begin(), finished.end());
    std::sort(ids.begin(), ids.end());
  }
  if (ids.size() > limit) ids.resize(limit);
  std::vector<TransactionView> views;
  views.reserve(ids.size());
  for (const Sequence id : ids) {
    const Transaction& transaction = *Find(id);
    TransactionView view;
    view.id = {id_, id};
    view.state = transaction.state();
    view.read_only = transaction.read_only();
    view.age = now - transaction.opened();
    if (view.state == TransactionState::kAborted) {
      view.abort_reason = transaction.abortion().reason;
    }
    for (const Branch& branch : transaction.branches()) {
      const KnownParticipant& participant = *branch.participant;
      view.branches.push_back({participant.name(), branch.state, participant.attached()});
    }
    views.push_back(std::move(view));
  }
  return views;
}

std::vector<ParticipantView> Coordinator::Impl::ListParticipants() const {
  std::vector<ParticipantView> views;
  for (const auto& [name, participant] : registry_.participants()) {
    ParticipantView view;
    view.name = name;
    view.store = participant.store();
    view.incarnation = participant.incarnation();
    view.attached = participant.attached();
    view.kind = participant.kind();
    for (const Sequence id : participant.unfinished().List()) {
      const Transaction& transaction = *Find(id);
      const auto index = static_cast<std::size_t>(transaction.Find(&participant));
      if (transaction.branches()[index].state == BranchState::kCommitting) ++view.unfinished;
    }
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace assent
