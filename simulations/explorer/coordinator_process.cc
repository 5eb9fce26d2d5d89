#include "simulations/explorer/coordinator_process.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/state_text.h"

namespace assent::explorer {

namespace ci = coordinator_input;
namespace ce = coordinator_effect;

void CoordinatorProcess::Do(Input input, std::vector<Output>* outputs) {
  outputs_ = outputs;
  switch (static_cast<Kind>(input.kind)) {
    case kStart:
      return Start();
    case kCrash:
      return End(input.a);
    case kLogFails:
      kept_when_halting_ = input.a;
      return Step(ci::LogFailed{"the disk"});
    case kOpen:
      return Step(ci::LinkOpened{input.a, LinkKind::kStream});
    case kMessage:
      return Step(ci::Received{input.a, shared_->up[input.b]});
    case kClosed:
      return Step(ci::LinkClosed{input.a});
    case kRequest:
      return Step(ci::Requested{input.a, shared_->requests[input.b]});
    case kSync:
      return Sync(input.a);
    case kShortTick:
      now_ = now_ + kShort;
      return Step(ci::Tick{});
    case kLongTickDue:
      now_ = now_ + kLongStep;
      return Step(ci::Tick{});
    case kSessionClosed:
      return Step(ci::SessionClosed{1});
  }
}

void CoordinatorProcess::Start() {
  ++disk_.log.epoch;
  RecoveredLog recovered = disk_.log;
  for (const auto& [id, decision] : disk_.decisions) recovered.decisions.push_back(decision);
  for (const auto& [name, binding] : disk_.bindings) recovered.bindings.push_back(binding);
  now_ = Time{};
  const LifeNumber life = 1000 + disk_.log.epoch;
  core_ = std::make_unique<Coordinator>(shared_->coordinator_limits, std::move(recovered), life, 1,
                                        now_);
  Step(ci::Tick{});
}

void CoordinatorProcess::End(std::size_t kept) {
  MakeDurable(kept);
  unsynced_.clear();
  core_.reset();
  halted_ = false;
}

void CoordinatorProcess::Step(CoordinatorInput input) {
  CoordinatorEffects effects;
  core_->Step(std::move(input), now_, &effects);
  core_->CheckInvariants();
  for (const CoordinatorEffect& effect : effects) {
    std::visit([this](const auto& e) { Perform(e); }, effect);
  }
  if (halted_) End(kept_when_halting_);
}

void CoordinatorProcess::Sync(std::size_t count) {
  const CoordinatorEffect& last = unsynced_[count - 1];
  const auto* decision = std::get_if<ce::LogDecision>(&last);
  const LogTicket ticket =
      decision != nullptr ? decision->ticket : std::get<ce::LogUpdated>(last).ticket;
  MakeDurable(count);
  unsynced_.erase(unsynced_.begin(), unsynced_.begin() + static_cast<std::ptrdiff_t>(count));
  Step(ci::Logged{ticket});
}

void CoordinatorProcess::MakeDurable(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) Store(unsynced_[i]);
}

void CoordinatorProcess::Store(const CoordinatorEffect& effect) {
  if (const auto* decision = std::get_if<ce::LogDecision>(&effect)) {
    disk_.decisions[decision->record.id] = {decision->record, 0};
    disk_.ever[decision->record.id] = decision->record;
    disk_.log.last_decision_number = decision->record.number;
    return;
  }
  const auto& updated = std::get<ce::LogUpdated>(effect);
  std::visit([this](const auto& update) { Apply(update); }, updated.update);
}

void CoordinatorProcess::Apply(const AcknowledgedUpdate& update) {
  const auto found = disk_.decisions.find(update.id);
  if (found == disk_.decisions.end()) return Broken("R11: an acknowledgement without its decision");
  found->second.acknowledged = update.branches;
}

void CoordinatorProcess::Apply(const RemovalUpdate& update) {
  disk_.log.horizon = update.horizon;
  for (const Sequence id : update.removed) disk_.decisions.erase(id);
}

void CoordinatorProcess::Apply(const BindingUpdate& update) {
  disk_.bindings[update.participant] = update;
}

void CoordinatorProcess::Apply(const SupersededUpdate&) { disk_.superseded = true; }

void CoordinatorProcess::Perform(const ce::Reply& effect) {
  const auto* told = std::get_if<OutcomeReply>(&effect.body);
  if (told != nullptr && told->outcome == Outcome::kCommitted && !told->read_only) {
    CheckTold(told->id.sequence, "an initiator is told COMMITTED");
  }
  const auto reply = shared_->replies.Intern(Words(effect.body), effect.body);
  outputs_->push_back({Output::kReply, Narrow(effect.request), Narrow(reply)});
}

void CoordinatorProcess::Perform(const ce::Send& effect) {
  if (const auto* commit = std::get_if<Commit>(&effect.message)) {
    CheckCommit(effect.link, commit->id, "Commit is sent");
    CheckMark(effect.link, commit->clean_mark);
  }
  if (const auto* prepare = std::get_if<Prepare>(&effect.message)) {
    CheckMark(effect.link, prepare->clean_mark);
  }
  const auto* answer = std::get_if<InquiryAnswer>(&effect.message);
  if (answer != nullptr && answer->verdict == Verdict::kCommit) {
    CheckCommit(effect.link, answer->id, "an inquiry is answered COMMIT");
    CheckMark(effect.link, answer->clean_mark);
  }
  const auto message = shared_->down.Intern(Words(effect.message), effect.message);
  outputs_->push_back({Output::kSend, Narrow(effect.link), Narrow(message)});
}

void CoordinatorProcess::Perform(const ce::CloseLink& effect) {
  outputs_->push_back({Output::kClose, Narrow(effect.link), 0});
}

void CoordinatorProcess::Perform(const ce::LogDecision& effect) { unsynced_.push_back(effect); }
void CoordinatorProcess::Perform(const ce::LogUpdated& effect) { unsynced_.push_back(effect); }

void CoordinatorProcess::Perform(const ce::Notice& effect) {
  const bool alarm =
      effect.kind == NoticeKind::kForeignVote || effect.kind == NoticeKind::kForeignAcknowledge ||
      effect.kind == NoticeKind::kRefusedInquiry || effect.kind == NoticeKind::kMisbehaved ||
      effect.kind == NoticeKind::kSuperseded;
  if (!alarm || shared_->alarms_have_causes) return;
  Broken("no alarm without a cause: the coordinator raises one about " + effect.participant + ", " +
         Words(effect.id) + ": " + effect.text);
}

void CoordinatorProcess::CheckTold(Sequence id, const std::string& what) {
  if (disk_.ever.contains(id)) return;
  Broken("R7 (a commit is durable before anybody is told): " + what + " of " + Words(id) +
         ", and no decision of it is on the disk");
}

void CoordinatorProcess::CheckCommit(LinkId link, Sequence id, const std::string& what) {
  CheckTold(id, what);
  const auto decided = disk_.ever.find(id);
  if (decided == disk_.ever.end()) return;
  const std::string name = NameOfParticipant(ParticipantOf(link));
  const auto& branches = decided->second.branches;
  const bool listed = std::any_of(branches.begin(), branches.end(),
                                  [&](const DecisionBranch& b) { return b.participant == name; });
  if (listed) return;
  Broken("R9 (Commit goes only to the stores in the decision): " + what + " of " + Words(id) +
         " to " + name + ", and the decision does not name it");
}

// The mark passes no commit that the participant has not acknowledged durably.
void CoordinatorProcess::CheckMark(LinkId link, Sequence mark) {
  const std::string name = NameOfParticipant(ParticipantOf(link));
  for (const auto& [id, decision] : disk_.decisions) {
    const auto& branches = decision.record.branches;
    for (std::size_t i = 0; i < branches.size(); ++i) {
      const bool acknowledged = (decision.acknowledged >> i & 1) != 0;
      if (branches[i].participant != name || acknowledged || id >= mark) continue;
      Broken("R9 (the clean mark): " + name + " is told " + Words(mark) + ", and no " +
             "acknowledgement of " + Words(id) + " by it is durable");
    }
  }
}

void CoordinatorProcess::Broken(const std::string& rule) {
  outputs_->push_back({Output::kBroken, 0, Narrow(shared_->Break(rule))});
}

std::string CoordinatorProcess::Text() const {
  StateText text(Time{}, kGrain);
  text.Add("epoch", disk_.log.epoch).Add("number", disk_.log.last_decision_number);
  text.Add("horizon", disk_.log.horizon).Add("superseded", disk_.superseded);
  for (const auto& [id, decision] : disk_.decisions) {
    text.Add("decision", id).Add("", decision.record.number).Add("", decision.acknowledged);
  }
  for (const auto& [id, record] : disk_.ever) {
    text.Add("ever", id).Add("", record.number).Add("", record.request_hash);
    for (const DecisionBranch& branch : record.branches) {
      text.Add("", branch.participant).Add("", branch.store.ToText());
    }
  }
  for (const auto& [name, binding] : disk_.bindings) {
    text.Add("bound", name).Add("", binding.store.ToText()).Add("", binding.incarnation);
  }
  for (const CoordinatorEffect& effect : unsynced_) {
    if (const auto* decision = std::get_if<ce::LogDecision>(&effect)) {
      text.Add("\nunsynced", decision->record.id).Add("", decision->record.number);
      continue;
    }
    const LogUpdate& update = std::get<ce::LogUpdated>(effect).update;
    text.Add("\nunsynced", update.index());
    if (const auto* a = std::get_if<AcknowledgedUpdate>(&update)) {
      text.Add("", a->id).Add("", a->branches);
    } else if (const auto* r = std::get_if<RemovalUpdate>(&update)) {
      text.Add("", r->horizon);
      for (const Sequence id : r->removed) text.Add("", id);
    } else if (const auto* b = std::get_if<BindingUpdate>(&update)) {
      text.Add("", b->participant).Add("", b->store.ToText()).Add("", b->incarnation);
    }
  }
  return text.Take() + (core_ ? "\n" + core_->DescribeState(shared_->grain) : "down");
}

CoordinatorProcess::Facts CoordinatorProcess::facts() const {
  Facts facts;
  facts.up = core_ != nullptr;
  facts.may_start = !disk_.superseded;
  facts.epoch = disk_.log.epoch;
  facts.unsynced = static_cast<std::uint8_t>(unsynced_.size());
  for (const auto& [id, record] : disk_.ever) {
    DecisionFact fact{id, 0, static_cast<std::uint8_t>(record.branches.size())};
    for (const DecisionBranch& branch : record.branches) {
      fact.participants |= static_cast<std::uint8_t>(1 << ParticipantNamed(branch.participant));
    }
    facts.ever.push_back(fact);
  }
  if (!core_) return facts;
  facts.short_timer = core_->NextDeadline() <= now_ + shared_->longest_short;
  for (const TransactionView& view : core_->ListTransactions({}, 100, false, now_)) {
    facts.transactions.push_back({view.id.sequence, view.state});
  }
  facts.settled = core_->ListTransactions({}, 1, true, now_).empty() && unsynced_.empty();
  return facts;
}

std::optional<CoordinatorProcess::Disk> CoordinatorProcess::base() const {
  if (core_) return std::nullopt;
  return disk_;
}

}  // namespace assent::explorer
