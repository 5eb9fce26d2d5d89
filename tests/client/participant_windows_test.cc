#include "client/participant_windows.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

namespace assent {
namespace {

using Branches = ParticipantWindows::Branches;

const Branches kStock = {{"stock", "work"}};
const Branches kBank = {{"bank", "work"}};
const Branches kBoth = {{"bank", "work"}, {"stock", "work"}};

Time At(std::int64_t millis) { return Time() + Duration::Millis(millis); }

// A client that always wants more, at one participant, and what it has under way.
class Client {
 public:
  // Sends one more, if its window lets it.
  bool Send(Time now = At(0)) {
    if (windows_.Refusal(kStock, now) != nullptr) return false;
    windows_.Sent(kStock);
    sent_.push_back(++last_sent_);
    return true;
  }
  // The coordinator does not let in the last one sent.
  void RefuseLast(Time now = At(0)) {
    const std::uint64_t refused = sent_.back();
    windows_.Refused("stock", refused, last_sent_, now, [this] {
      return ParticipantWindows::Load{sent_.size(), sent_.size() - 1};
    });
    windows_.Ended(kStock, /*committed=*/false);
    sent_.pop_back();
  }
  void CommitFirst() {
    windows_.Ended(kStock, /*committed=*/true);
    sent_.pop_front();
  }
  std::size_t under_way() const { return sent_.size(); }
  ParticipantWindows& windows() { return windows_; }

 private:
  ParticipantWindows windows_;
  std::deque<std::uint64_t> sent_;
  std::uint64_t last_sent_ = 0;
};

// With so many under way, of which the last one is refused.
Client ClientRefusedAfter(int let_in) {
  Client client;
  for (int i = 0; i <= let_in; ++i) EXPECT_TRUE(client.Send());
  client.RefuseLast();
  return client;
}

TEST(ParticipantWindows, LetAllThroughUntilSomethingIsRefused) {
  Client client;
  for (int i = 0; i < 100'000; ++i) ASSERT_TRUE(client.Send());
}

TEST(ParticipantWindows, RefuseWhatComesOnTopOfThreeQuartersOfWhatWasLetIn) {
  Client client = ClientRefusedAfter(100);
  int committed = 0;
  while (!client.Send()) {
    client.CommitFirst();
    ++committed;
  }
  EXPECT_GE(committed, 22) << "each commit makes the window a little larger";
  EXPECT_LE(committed, 25);
  EXPECT_FALSE(client.Send());
}

TEST(ParticipantWindows, SayWhichParticipantIsFullAndWhatToDo) {
  Client client = ClientRefusedAfter(2);
  const ErrorReply* const refusal = client.windows().Refusal(kBoth, At(0));
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->reason, Reason::kTooManyTransactions);
  EXPECT_EQ(refusal->participant, "stock");
  EXPECT_NE(refusal->text.find("try again later"), std::string::npos) << refusal->text;
}

TEST(ParticipantWindows, HoldUpNothingThatListsOthers) {
  Client client = ClientRefusedAfter(2);
  EXPECT_EQ(client.windows().Refusal(kBank, At(0)), nullptr);
  EXPECT_EQ(client.windows().Refusal({}, At(0)), nullptr);
}

// What was under way when the first of a burst was refused is refused, too, and says nothing new.
TEST(ParticipantWindows, ShrinkOnceForABurst) {
  ParticipantWindows windows;
  const auto load = [] { return ParticipantWindows::Load{1'000, 400}; };
  for (std::uint64_t sent = 401; sent <= 1'000; ++sent) {
    windows.Refused("stock", sent, 1'000, At(0), load);
    windows.Ended(kStock, /*committed=*/false);
  }
  for (int i = 0; i < 100; ++i) windows.Ended(kStock, /*committed=*/false);
  EXPECT_NE(windows.Refusal(kStock, At(0)), nullptr) << "300 are under way";
  windows.Ended(kStock, /*committed=*/false);
  EXPECT_EQ(windows.Refusal(kStock, At(0)), nullptr);
}

TEST(ParticipantWindows, ShrinkAgainInTheNextRound) {
  Client client = ClientRefusedAfter(100);
  for (int round = 0; round < 3; ++round) {
    while (!client.Send()) client.CommitFirst();
    client.RefuseLast();
  }
  while (!client.Send()) client.CommitFirst();
  EXPECT_LT(client.under_way(), 45u) << "three quarters of it, four times, is 32";
}

TEST(ParticipantWindows, LetOneThroughHoweverMuchWasRefused) {
  Client client;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(client.Send());
    client.RefuseLast();
  }
  EXPECT_TRUE(client.Send());
  EXPECT_FALSE(client.Send());
}

// What is under way may wait for another participant, whom the coordinator does not hold against
// this one.
TEST(ParticipantWindows, HoldForASecondAfterTheLastRefusal) {
  Client client = ClientRefusedAfter(100);
  EXPECT_FALSE(client.Send(At(999)));
  EXPECT_TRUE(client.Send(At(1'000)));
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(client.Send(At(1'001)));
  client.RefuseLast(At(2'000));
  EXPECT_FALSE(client.Send(At(2'999)));
  while (!client.Send(At(2'500))) client.CommitFirst();
  client.RefuseLast(At(2'500));
  EXPECT_FALSE(client.Send(At(3'499)));
}

TEST(ParticipantWindows, CountAParticipantThatIsListedTwiceAsOftenAtItsEnd) {
  const Branches twice = {{"stock", "work"}, {"stock", "more"}};
  ParticipantWindows windows;
  windows.Refused("stock", 1, 2, At(0), [] { return ParticipantWindows::Load{3, 0}; });
  windows.Ended(kStock, /*committed=*/false);
  EXPECT_NE(windows.Refusal(kStock, At(0)), nullptr);
  windows.Ended(twice, /*committed=*/false);
  EXPECT_EQ(windows.Refusal(kStock, At(0)), nullptr);
  windows.Sent(twice);
  windows.Ended(twice, /*committed=*/false);
  EXPECT_EQ(windows.Refusal(kStock, At(0)), nullptr);
}

TEST(ParticipantWindows, DoNotGrowByWhatIsNotCommitted) {
  ParticipantWindows windows;
  windows.Refused("stock", 9, 9, At(0), [] { return ParticipantWindows::Load{9, 8}; });
  windows.Ended(kStock, /*committed=*/false);  // the refused one
  for (int i = 0; i < 10'000; ++i) {
    windows.Ended(kStock, /*committed=*/false);
    windows.Sent(kStock);
  }
  EXPECT_NE(windows.Refusal(kStock, At(0)), nullptr) << "8 are under way, 6 may be";
}

TEST(ParticipantWindows, KnowNothingOfASessionThatHasEnded) {
  Client client = ClientRefusedAfter(2);
  client.windows().Clear();
  EXPECT_EQ(client.windows().Refusal(kStock, At(0)), nullptr);
}

// A coordinator that lets in so many, whoever asks, in rounds: clients want as much as they can
// get, in turn, and then half of what is under way is committed.
TEST(ParticipantWindows, GiveClientsLikeSharesOfWhatIsLetIn) {
  constexpr std::size_t kLetIn = 200;
  Client early;
  Client late;
  int refused = 0;
  const auto send = [&](Client* client) {
    if (!client->Send()) return false;
    if (early.under_way() + late.under_way() <= kLetIn) return true;
    client->RefuseLast();
    ++refused;
    return false;
  };
  const auto answer_half = [](Client* client) {
    for (std::size_t n = (client->under_way() + 1) / 2; n > 0; --n) client->CommitFirst();
  };
  while (send(&early)) continue;
  for (int round = 0; round < 1'000; ++round) {
    bool early_sends = true;
    bool late_sends = true;
    while (early_sends || late_sends) {
      early_sends = early_sends && send(&early);
      late_sends = late_sends && send(&late);
    }
    if (round < 999) {
      answer_half(&early);
      answer_half(&late);
    }
  }
  EXPECT_GT(early.under_way() + late.under_way(), kLetIn / 2) << "and waste little of it";
  EXPECT_LT(early.under_way(), 2 * late.under_way());
  EXPECT_LT(late.under_way(), 2 * early.under_way());
  EXPECT_LT(refused, 2'000) << "of more than a hundred thousand";
}

}  // namespace
}  // namespace assent
