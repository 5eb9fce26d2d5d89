// What a coordinator keeps of a transaction, in bytes of the heap: counted by this program's own
// operator new, so that the numbers are exact.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/coordinator.h"

namespace {

std::size_t heap_bytes = 0;  // one thread

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  heap_bytes += malloc_usable_size(memory);
  return memory;
}

void operator delete(void* memory) noexcept {
  heap_bytes -= malloc_usable_size(memory);
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace assent {
namespace {

constexpr std::uint64_t kCount = 20'000;

RecoveredLog LogWith(std::uint64_t decisions) {
  RecoveredLog log;
  log.coordinator = *CoordinatorId::Parse("gms7q9pkg2b02");
  log.epoch = 2;
  for (std::uint64_t i = 1; i <= decisions; ++i) {
    const std::vector<DecisionBranch> branches = {{"orders", {1, 1}}, {"warehouse.north", {1, 2}}};
    log.decisions.push_back({{{1, i}, i, i * 3, branches}, 0});
  }
  log.last_decision_number = decisions;
  return log;
}

CoordinatorLimits RoomForAll() {
  CoordinatorLimits limits;
  limits.max_awaited_branches = kCount;
  return limits;
}

// A core with two participants attached; whatever comes out is looked at once and dropped.
class Crowd {
 public:
  explicit Crowd(RecoveredLog recovered = LogWith(0))
      : core_(RoomForAll(), std::move(recovered), /*life=*/7, /*seed=*/1, now_) {}

  void Attach() {
    Link(1, "orders", {1, 1});
    Link(2, "warehouse.north", {1, 2});
  }

  // kCount ids, each of which asks for commit with two branches of 100 bytes.
  void CommitAll() {
    Step(coordinator_input::Requested{1, OpenBlockRequest{1, kCount, {}}});
    for (std::uint64_t i = 1; i <= kCount; ++i) {
      CommitRequest commit;
      commit.id = {core_.id(), {core_.epoch(), i}};
      commit.branches = {{"orders", std::string(100, 'a')},
                         {"warehouse.north", std::string(100, 'b')}};
      Step(coordinator_input::Requested{1 + i, std::move(commit)});
    }
  }
  void BeginAndEnlistAll() {
    for (std::uint64_t i = 1; i <= kCount; ++i) {
      Step(coordinator_input::Requested{i, BeginRequest{}});
      const TransactionId id{core_.id(), {core_.epoch(), i}};
      for (const LinkId link : {1, 2}) Step(coordinator_input::Received{link, Enlist{i, id}});
    }
  }
  template <typename Message>
  void AllSay(const Message& message) {
    for (std::uint64_t i = 1; i <= kCount; ++i) {
      Message of_this = message;
      of_this.id = {core_.epoch(), i};
      for (const LinkId link : {1, 2}) Step(coordinator_input::Received{link, of_this});
    }
  }
  void LogAll() { Step(coordinator_input::Logged{last_ticket_}); }

  const Coordinator& core() const { return core_; }

 private:
  void Link(LinkId link, const std::string& name, StoreId store) {
    Step(coordinator_input::LinkOpened{link, LinkKind::kStream});
    Step(coordinator_input::Received{link, assent::Attach{name, store, 1, 5, {}, {}}});
  }
  void Step(CoordinatorInput input) {
    core_.Step(std::move(input), now_, &effects_);
    for (const CoordinatorEffect& effect : effects_) {
      if (const auto* logged = std::get_if<coordinator_effect::LogDecision>(&effect)) {
        last_ticket_ = logged->ticket;
      } else if (const auto* update = std::get_if<coordinator_effect::LogUpdated>(&effect)) {
        last_ticket_ = update->ticket;
      }
    }
    effects_ = CoordinatorEffects();  // its memory, too
  }

  const Time now_{1'000'000};
  Coordinator core_;
  CoordinatorEffects effects_;
  LogTicket last_ticket_ = 0;
};

// Bytes that `act` leaves on the heap, for each of kCount.
template <typename Action>
std::size_t BytesOf(Action act) {
  const std::size_t before = heap_bytes;
  act();
  return (heap_bytes - before) / kCount;
}

TEST(CoordinatorMemory, IsBelowAKibibyteForAnOpenTransaction) {
  Crowd crowd;
  crowd.Attach();
  const std::size_t bytes = BytesOf([&] { crowd.BeginAndEnlistAll(); });
  EXPECT_EQ(crowd.core().open_transactions(), kCount);
  EXPECT_LE(bytes, 1024u);
  RecordProperty("bytes", static_cast<int>(bytes));
}

TEST(CoordinatorMemory, IsBelowAKibibyteWhileVotesAreAwaited) {
  Crowd crowd;
  crowd.Attach();
  const std::size_t bytes = BytesOf([&] { crowd.CommitAll(); });
  EXPECT_EQ(crowd.core().open_transactions(), kCount);
  EXPECT_LE(bytes, 1024u);
  RecordProperty("bytes", static_cast<int>(bytes));
}

TEST(CoordinatorMemory, IsBelowAKibibyteForADecisionThatNobodyHasHeard) {
  std::unique_ptr<Crowd> crowd;
  const std::size_t bytes = BytesOf([&] { crowd = std::make_unique<Crowd>(LogWith(kCount)); });
  EXPECT_EQ(crowd->core().open_transactions(), kCount);
  EXPECT_LE(bytes, 1024u);
  RecordProperty("bytes", static_cast<int>(bytes));
}

TEST(CoordinatorMemory, KeepsASixthOfThatOfACommittedTransaction) {
  Crowd crowd;
  crowd.Attach();
  const std::size_t bytes = BytesOf([&] {
    crowd.CommitAll();
    crowd.AllSay(Vote{{}, VoteKind::kYes, ""});
    crowd.LogAll();
    crowd.AllSay(Acknowledge{});
    crowd.LogAll();
  });
  EXPECT_EQ(crowd.core().open_transactions(), 0u);
  EXPECT_EQ(crowd.core().counts().committed, kCount);
  EXPECT_LE(bytes, 160u);
  RecordProperty("bytes", static_cast<int>(bytes));
}

TEST(CoordinatorMemory, KeepsASixthOfThatOfAnAbortedTransaction) {
  Crowd crowd;
  crowd.Attach();
  const std::size_t bytes = BytesOf([&] {
    crowd.CommitAll();
    crowd.AllSay(Vote{{}, VoteKind::kNo, "the account is empty"});
  });
  EXPECT_EQ(crowd.core().counts().aborted, kCount);
  EXPECT_LE(bytes, 160u);
  RecordProperty("bytes", static_cast<int>(bytes));
}

}  // namespace
}  // namespace assent
