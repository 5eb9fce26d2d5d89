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

// A client that always wants more, at one participant, and what it has under way.
class Client {
 public:
  // Sends one more, if its window lets it.
  bool Send() {
    if (windows_.Refusal(kStock) != nullptr) return false;
    windows_.Sent(kStock);
    sent_.push_back(++last_sent_);
    return true;
  }
  // The coordinator does not let in the last one sent.
  void RefuseLast() {
    const std::uint64_t refused = sent_.back();
    windows_.Refused("stock", refused, last_sent_, [this] {
      return ParticipantWindows::Load{sent_.size(), sent_.size() - 1};
    });
    windows_.Ended(kStock, /*answered=*/false);
    sent_.pop_back();
  }
  void AnswerFirst() {
    windows_.Ended(kStock, /*answered=*/true);
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
  int answered = 0;
  while (!client.Send()) {
    client.AnswerFirst();
    ++answered;
  }
  EXPECT_GE(answered, 22) << "each answer makes the window a little larger";
  EXPECT_LE(answered, 25);
  EXPECT_FALSE(client.Send());
}

TEST(ParticipantWindows, SayWhichParticipantIsFullAndWhatToDo) {
  Client client = ClientRefusedAfter(2);
  const ErrorReply* const refusal = client.windows().Refusal(kBoth);
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->reason, Reason::kTooManyTransactions);
  EXPECT_EQ(refusal->participant, "stock");
  EXPECT_NE(refusal->text.find("try again later"), std::string::npos) << refusal->text;
}

TEST(ParticipantWindows, HoldUpNothingThatListsOthers) {
  Client client = ClientRefusedAfter(2);
  EXPECT_EQ(client.windows().Refusal(kBank), nullptr);
  EXPECT_EQ(client.windows().Refusal({}), nullptr);
}

// What was under way when the first of a burst was refused is refused, too, and says nothing new.
TEST(ParticipantWindows, ShrinkOnceForABurst) {
  ParticipantWindows windows;
  const auto load = [] { return ParticipantWindows::Load{1'000, 400}; };
  for (std::uint64_t sent = 401; sent <= 1'000; ++sent) {
    windows.Refused("stock", sent, 1'000, load);
    windows.Ended(kStock, /*answered=*/false);
  }
  for (int i = 0; i < 100; ++i) windows.Ended(kStock, /*answered=*/false);
  EXPECT_NE(windows.Refusal(kStock), nullptr) << "300 are under way";
  windows.Ended(kStock, /*answered=*/false);
  EXPECT_EQ(windows.Refusal(kStock), nullptr);
}

TEST(ParticipantWindows, ShrinkAgainInTheNextRound) {
  Client client = ClientRefusedAfter(100);
  for (int round = 0; round < 3; ++round) {
    while (!client.Send()) client.AnswerFirst();
    client.RefuseLast();
  }
  while (!client.Send()) client.AnswerFirst();
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

TEST(ParticipantWindows, AreForgottenOnceTwiceAsMuchIsLetIn) {
  Client client = ClientRefusedAfter(100);
  for (int i = 0; i < 10'000 && client.under_way() < 1'000; ++i) {
    client.AnswerFirst();
    while (client.under_way() < 1'000 && client.Send()) continue;
  }
  EXPECT_EQ(client.under_way(), 1'000u);
}

TEST(ParticipantWindows, DoNotGrowByWhatIsNotAnswered) {
  ParticipantWindows windows;
  windows.Refused("stock", 9, 9, [] { return ParticipantWindows::Load{9, 8}; });
  windows.Ended(kStock, /*answered=*/false);  // the refused one
  for (int i = 0; i < 10'000; ++i) {
    windows.Ended(kStock, /*answered=*/false);
    windows.Sent(kStock);
  }
  EXPECT_NE(windows.Refusal(kStock), nullptr) << "8 are under way, 6 may be";
}

TEST(ParticipantWindows, KnowNothingOfASessionThatHasEnded) {
  Client client = ClientRefusedAfter(2);
  client.windows().Clear();
  EXPECT_EQ(client.windows().Refusal(kStock), nullptr);
}

// A coordinator that lets in so many, whoever asks, in rounds: clients want as much as they can
// get, in turn, and then half of what is under way is answered.
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
    for (std::size_t n = (client->under_way() + 1) / 2; n > 0; --n) client->AnswerFirst();
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
