// What a transaction costs, counted: forced writes to the disk of the coordinator and of each
// participant, and messages between them. Both cores, the decision log and the key-value stores are
// the real ones; nothing else runs, so that the numbers are exact.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/decision_queue.h"
#include "coordinator/effect_dispatcher.h"
#include "coordinator/leveldb_decision_log.h"
#include "core/check.h"
#include "core/coordinator.h"
#include "core/participant.h"
#include "participant/key_value_store.h"
#include "participant/key_value_store_operations.h"
#include "participant/participant_dispatcher.h"
#include "tests/support/counting_file_system.h"
#include "tests/support/temporary_directory.h"

namespace assent {
namespace {

// One store with its participant.
class Node final : private ParticipantSinks {
 public:
  Node(const std::string& directory, std::uint64_t number) {
    KeyValueStoreOptions options;
    options.directory = directory;
    options.file_system = &files_;
    options.own_thread = false;
    options.reserve_bytes = 0;
    const std::string error = KeyValueStore::Create(options, StoreId{1, number});
    ASSENT_CHECK(error.empty(), error.c_str());
    store_ = std::make_unique<KeyValueStore>(options);
    ResourceHandlers handlers;
    handlers.completed = [this](std::vector<ResourceCompletion> completions) {
      for (auto& completion : completions) completed_.push_back(std::move(completion));
    };
    handlers.failed = [](const std::string& text) { ADD_FAILURE() << text; };
    recovered_ = store_->Start(std::move(handlers)).recovered;
    core_ = std::make_unique<Participant>(ParticipantLimits{}, recovered_, number, Time{1});
    dispatcher_ =
        std::make_unique<ParticipantDispatcher>(static_cast<ParticipantSinks*>(this), store_.get());
  }
  ~Node() { store_->Stop(); }

  Attach MakeAttach(const std::string& name) const {
    return {name, recovered_.store, recovered_.incarnation, 5, {}, {}};
  }
  void Step(ParticipantInput input) {
    ParticipantEffects effects;
    core_->Step(std::move(input), Time{1}, &effects);
    dispatcher_->Perform(&effects);
  }
  // All that has been handed over is done, and what comes of it.
  void Work() {
    dispatcher_->Flush();
    while (store_->RunPending()) continue;
    for (ParticipantInput& input : dispatcher_->ToInputs(std::exchange(completed_, {}))) {
      Step(std::move(input));
    }
  }
  std::vector<FromParticipant> TakeSent() { return std::exchange(sent_, {}); }
  std::uint64_t TakeSyncs() { return files_.TakeSyncs(); }

 private:
  void Send(LinkId, FromParticipant message) override { sent_.push_back(std::move(message)); }
  void CallAdmitted(CallId) override {}
  void CallRefused(CallId, Reason, const std::string& text) override { ADD_FAILURE() << text; }
  void Enlisted(CallId, Reason, const std::string&) override {}
  void Notice(const participant_effect::Notice&) override {}

  testing::CountingFileSystem files_;
  std::unique_ptr<KeyValueStore> store_;
  RecoveredStore recovered_;
  std::unique_ptr<Participant> core_;
  std::unique_ptr<ParticipantDispatcher> dispatcher_;
  std::vector<ResourceCompletion> completed_;
  std::vector<FromParticipant> sent_;
};

// What one or more transactions have cost.
struct Costs {
  std::uint64_t coordinator_syncs = 0;
  std::uint64_t decisions = 0;
  std::vector<std::uint64_t> store_syncs;
  int to_participants = 0;
  int from_participants = 0;
};

class World final : private ReplySink, private LinkSink, private NoticeSink {
 public:
  explicit World(std::size_t nodes) : queue_({}), dispatcher_(this, this, &queue_, this) {
    storage::DatabaseOptions options;
    options.file_system = &files_;
    options.reserve_bytes = 0;
    const CoordinatorId id = *CoordinatorId::Parse("c1");
    ASSENT_CHECK(LevelDbDecisionLog::Create(options, directory_ / "log", id).ok());
    ASSENT_CHECK(LevelDbDecisionLog::Open(options, directory_ / "log", id, &log_).ok());
    core_ = std::make_unique<Coordinator>(CoordinatorLimits{}, log_->TakeRecovered(), 7, 7, Time{});
    for (std::size_t i = 0; i < nodes; ++i) {
      nodes_.push_back(std::make_unique<Node>(directory_ / NameOf(i), i + 1));
      Step(coordinator_input::LinkOpened{i + 1, LinkKind::kStream});
      Step(coordinator_input::Received{i + 1, nodes_[i]->MakeAttach(NameOf(i))});
    }
    // The first transaction carries what attaching left over.
    Commit(1, Payload(1), nodes);
    Settle();
    TakeCosts();
  }

  static std::string NameOf(std::size_t i) { return "p" + std::to_string(i); }
  static std::string Payload(int number) {
    return Operations().Put("key-" + std::to_string(number), "value").Encode();
  }
  static std::string ReadOnlyPayload() { return Operations().Read("key").Encode(); }
  static std::string ImpossiblePayload() { return Operations().Add("empty", -1, 0).Encode(); }

  TransactionId Begin() {
    Ask(BeginRequest{});
    return std::get<BeginReply>(replies_.back()).id;
  }
  // Asks for `count` commits at once, each with that work at the first `branches` nodes.
  void Commit(int count, const std::string& payload, std::size_t branches) {
    for (int n = 0; n < count; ++n) {
      CommitRequest request;
      request.id = Begin();
      for (std::size_t i = 0; i < branches; ++i) {
        const bool own = payload == Payload(1);
        request.branches.push_back({NameOf(i), own ? Payload(++written_) : payload});
      }
      Ask(std::move(request));
    }
  }
  void Ask(InitiatorRequest request) {
    Step(coordinator_input::Requested{++asked_, std::move(request)});
  }
  void Step(CoordinatorInput input) {
    CoordinatorEffects effects;
    core_->Step(std::move(input), Time{1}, &effects);
    dispatcher_.Perform(&effects);
  }

  // Everything moves, in turns as a loop takes them, until nothing moves any more.
  void Settle() {
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t i = 0; i < nodes_.size(); ++i) moved |= Deliver(i);
      moved |= WriteLog();
    }
  }
  // The outcomes of the last `count` requests.
  std::vector<OutcomeReply> Outcomes(std::size_t count) const {
    std::vector<OutcomeReply> outcomes;
    for (std::size_t i = replies_.size() - count; i < replies_.size(); ++i) {
      outcomes.push_back(std::get<OutcomeReply>(replies_[i]));
    }
    return outcomes;
  }
  Costs TakeCosts() {
    Costs costs = std::exchange(costs_, {});
    costs.coordinator_syncs = files_.TakeSyncs();
    for (const auto& node : nodes_) costs.store_syncs.push_back(node->TakeSyncs());
    return costs;
  }

 private:
  void Send(LinkId link, ToParticipant message) override {
    inboxes_.resize(nodes_.size() + 1);
    inboxes_[link - 1].push_back(std::move(message));
  }
  void CloseLink(LinkId, Reason, std::string text) override { ADD_FAILURE() << text; }
  void Reply(RequestId, InitiatorReply body) override { replies_.push_back(std::move(body)); }
  void BindingReplaced(RequestId, Reason, const std::string&) override { ADD_FAILURE(); }
  void Notice(coordinator_effect::Notice) override {}
  void Halt(Reason, std::string text) override { ADD_FAILURE() << text; }

  bool Deliver(std::size_t i) {
    inboxes_.resize(nodes_.size() + 1);
    std::deque<ToParticipant> inbox = std::exchange(inboxes_[i], {});
    for (ToParticipant& message : inbox) {
      if (auto* answer = std::get_if<AttachAnswer>(&message)) {
        nodes_[i]->Step(participant_input::Attached{i + 1, std::move(*answer)});
        continue;
      }
      ++costs_.to_participants;
      nodes_[i]->Step(participant_input::Received{i + 1, std::move(message)});
    }
    nodes_[i]->Work();
    const std::vector<FromParticipant> sent = nodes_[i]->TakeSent();
    for (const FromParticipant& message : sent) {
      ++costs_.from_participants;
      Step(coordinator_input::Received{i + 1, message});
    }
    return !inbox.empty() || !sent.empty();
  }
  bool WriteLog() {
    if (!queue_.NeedsWrite()) return false;
    LogTicket ticket = 0;
    const LogBatch batch = queue_.Take(&ticket);
    costs_.decisions += batch.decisions.size();
    EXPECT_TRUE(log_->Write(batch).ok());
    Step(coordinator_input::Logged{ticket});
    return true;
  }

  testing::TemporaryDirectory directory_;
  testing::CountingFileSystem files_;
  std::unique_ptr<LevelDbDecisionLog> log_;
  DecisionQueue queue_;
  EffectDispatcher dispatcher_;
  std::unique_ptr<Coordinator> core_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::deque<ToParticipant>> inboxes_;
  std::vector<InitiatorReply> replies_;
  RequestId asked_ = 0;
  int written_ = 0;
  Costs costs_;
};

using Syncs = std::vector<std::uint64_t>;

TEST(Costs, ACommitIsOneForcedWriteTwoPerBranchAndFourMessagesPerBranch) {
  for (const std::size_t branches : {1u, 2u, 3u, 8u}) {
    World world(branches);
    world.Commit(1, World::Payload(1), branches);
    world.Settle();
    EXPECT_EQ(world.Outcomes(1)[0].state, TransactionState::kCommitted);
    const Costs costs = world.TakeCosts();
    EXPECT_EQ(costs.coordinator_syncs, 1u) << "the decision";
    EXPECT_EQ(costs.decisions, 1u);
    EXPECT_EQ(costs.store_syncs, Syncs(branches, 2)) << "the vote and the commit";
    EXPECT_EQ(costs.to_participants, 2 * static_cast<int>(branches)) << "Prepare, Commit";
    EXPECT_EQ(costs.from_participants, 2 * static_cast<int>(branches)) << "Vote, Acknowledge";
  }
}

TEST(Costs, ANoForcesNothingButTheVotesOfOthers) {
  World world(2);
  CommitRequest request;
  request.id = world.Begin();
  request.branches = {{"p0", World::Payload(9)}, {"p1", World::ImpossiblePayload()}};
  world.Ask(std::move(request));
  world.Settle();
  EXPECT_EQ(world.Outcomes(1)[0].abort_reason, AbortReason::kVotedNo);
  const Costs costs = world.TakeCosts();
  EXPECT_EQ(costs.coordinator_syncs, 0u);
  EXPECT_EQ(costs.store_syncs, (Syncs{1, 0})) << "an abort needs no sync";
  EXPECT_EQ(costs.to_participants, 3) << "two Prepares, and Abort for the one that voted yes";
  EXPECT_EQ(costs.from_participants, 2);
}

TEST(Costs, AnAbortBeforeCommitForcesNothing) {
  World world(2);
  const TransactionId id = world.Begin();
  world.Ask(EnlistRequest{id, "p0"});
  world.Ask(EnlistRequest{id, "p1"});
  world.Ask(AbortRequest{id});
  world.Settle();
  EXPECT_EQ(world.Outcomes(1)[0].outcome, Outcome::kAborted);
  const Costs costs = world.TakeCosts();
  EXPECT_EQ(costs.coordinator_syncs, 0u);
  EXPECT_EQ(costs.store_syncs, (Syncs{0, 0}));
  EXPECT_EQ(costs.to_participants, 2) << "one Abort each";
  EXPECT_EQ(costs.from_participants, 0);
}

TEST(Costs, AReadOnlyTransactionForcesNothingAndHasNoSecondPhase) {
  World world(2);
  world.Commit(1, World::ReadOnlyPayload(), 2);
  world.Settle();
  EXPECT_TRUE(world.Outcomes(1)[0].read_only);
  const Costs costs = world.TakeCosts();
  EXPECT_EQ(costs.coordinator_syncs, 0u);
  EXPECT_EQ(costs.store_syncs, (Syncs{0, 0}));
  EXPECT_EQ(costs.to_participants, 2);
  EXPECT_EQ(costs.from_participants, 2);
}

TEST(Costs, ManyAtOnceShareTheirForcedWrites) {
  World world(2);
  world.Commit(100, World::Payload(1), 2);
  world.Settle();
  for (const OutcomeReply& outcome : world.Outcomes(100)) {
    EXPECT_EQ(outcome.state, TransactionState::kCommitted);
  }
  const Costs costs = world.TakeCosts();
  EXPECT_EQ(costs.decisions, 100u);
  EXPECT_EQ(costs.coordinator_syncs, 1u);
  EXPECT_EQ(costs.store_syncs, (Syncs{2, 2}));
  EXPECT_EQ(costs.to_participants, 400);
  EXPECT_EQ(costs.from_participants, 400);
}

}  // namespace
}  // namespace assent
