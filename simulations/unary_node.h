// A simulated participant without the library: ParticipantService by hand, over the real store. A
// call may come twice, late, out of order, or never.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "proto/wire_convert.h"
#include "simulations/store_process.h"

namespace assent::simulation {

class UnaryNode final : public StoreProcess {
 public:
  UnaryNode(Context* context, int number, std::unique_ptr<StoreDisk> disk)
      : StoreProcess(context, number, std::move(disk)) {}

  std::size_t unfinished_branches() const override { return in_doubt_.size() + waiting_.size(); }
  bool is_attached_everywhere() const override { return up(); }

 private:
  // The stamps of one coordinator that are used up (R5).
  struct Stamps {
    Epoch epoch = 0;
    std::uint64_t highest = 0;
    std::set<std::uint64_t> used;
  };

  void OnCall(CallNumber call, Method method, std::string body) override;
  void OnTick() override {}
  void OnRecovered(RecoveredStore recovered) override;
  void OnDown() override;
  void OnCompleted(std::vector<ResourceCompletion> completions) override;

  void TakePrepare(CallNumber call, const std::string& body);
  void TakeCommit(CallNumber call, const std::string& body);
  void TakeAbort(CallNumber call, const std::string& body);
  void TakeListPrepared(CallNumber call, const std::string& body);
  bool IsMine(const Addressee& to) const;
  bool Use(const CoordinatorId& coordinator, const Stamp& stamp);
  void Note(const CoordinatorId& coordinator, const CoordinatorKnowledge& knowledge,
            Sequence clean_mark);
  void Submit(ResourceStep step);
  void Answer(const participant_input::Prepared& prepared);
  void Answer(const participant_input::Committed& committed);
  void Answer(const participant_input::Aborted& aborted);
  // Anything that is no protocol answer: the caller takes it for a lost call.
  void Fail(CallNumber call) { context_->network.Reply(call, "?"); }

  // Of one life.
  RecoveredStore me_;
  LifeNumber life_number_ = 0;
  std::map<CoordinatorId, Stamps> stamps_;
  std::map<CoordinatorId, CoordinatorKnowledge> knowledge_;
  std::map<TransactionId, CallNumber> waiting_;  // the resource manager is at it
  std::set<TransactionId> in_doubt_;
};

}  // namespace assent::simulation
