// What is recorded of a world: all of it that a report shows, and nothing that changes the world.
#include "simulations/event_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "participant/key_value_store_operations.h"
#include "simulations/codec.h"
#include "simulations/message_words.h"
#include "simulations/print.h"
#include "simulations/recorded_world.h"
#include "simulations/settings.h"
#include "simulations/world.h"
#include "tests/support/test_scale.h"

namespace assent::simulation {
namespace {

Profile ProfileOf(const std::string& scenario, std::uint64_t seed) {
  return DrawProfile(scenario, seed).value();
}

WorldResult Recorded(const Profile& profile) { return World(profile, LogLevel::kAll).Run(); }

// Everything befalls it.
Profile StormyProfile(std::int64_t seed) {
  Profile profile;
  const std::string error = ReadProfile(
      "coordinators = 2\ninitiators = 6\ntransactions = 600\nunary = 1\nwindow = 2\n"
      "think_us = 50000\ncoordinator_crash_every_ms = 1500\nparticipant_crash_every_ms = 1500\n"
      "initiator_crash_every_ms = 2000\npause_every_ms = 2000\npause_ms = 200\n"
      "partition_every_ms = 3000\npartition_ms = 20000\nreset_every_ms = 1000\nloss_ppm = 20000\n"
      "duplicate_ppm = 20000\nclock_jump_every_ms = 2000\nwrite_fails_every_ms = 2000\n"
      "crash_in_recovery_ppm = 300000\nmove_ppm = 300000\nrolling_every_ms = 9000\n"
      "refuse_end_ppm = 20000\n"
      "full_every_ms = 3000\nflip_every_ms = 3000\nout_of_order_ppm = 300000\n"
      "wrong_store_every_ms = 4000\nwrong_log_every_ms = 4000\nlog_leveldb = 1\n"
      "store_leveldb = 1\nfaults_ms = 30000\n",
      &profile);
  EXPECT_EQ(error, "");
  profile.seed = seed;
  return profile;
}

TEST(EventLog, ChangesNoDigest) {
  for (const char* scenario : {"swarm", "memory", "unary"}) {
    for (int seed = 1; seed <= Scaled(20, 2); ++seed) {
      const Profile profile = ProfileOf(scenario, static_cast<std::uint64_t>(seed));
      const std::uint64_t silent = World(profile, LogLevel::kNone).Run().digest;
      EXPECT_EQ(Recorded(profile).digest, silent) << scenario << " " << seed;
    }
  }
}

TEST(EventLog, HoldsWhatItsLevelSays) {
  const Profile profile = ProfileOf("crashes", 3);
  std::size_t before = 0;
  for (const LogLevel level :
       {LogLevel::kNone, LogLevel::kShort, LogLevel::kFull, LogLevel::kAll}) {
    const std::vector<Event> events = World(profile, level).Run().events;
    for (const Event& event : events) EXPECT_LE(LevelOf(event.kind), level);
    if (level != LogLevel::kNone) {
      EXPECT_GT(events.size(), before);
    }
    before = events.size();
  }
}

// Counts of all faults, as the events have them.
std::map<std::string, std::uint64_t> FaultsIn(const std::vector<Event>& events) {
  std::map<std::string, std::uint64_t> faults;
  for (const Event& event : events) {
    if (event.fault != nullptr) ++faults[event.fault];
  }
  return faults;
}

TEST(EventLog, HoldsEveryFaultThatWasCounted) {
  std::map<std::string, std::uint64_t> recorded;
  for (int seed = 1; seed <= 4; ++seed) {
    const WorldResult result = Recorded(StormyProfile(seed));
    const std::map<std::string, std::uint64_t> faults = FaultsIn(result.events);
    for (const auto& [name, count] : faults) recorded[name] += count;
    const auto found = [&faults](const char* name) {
      const auto entry = faults.find(name);
      return entry == faults.end() ? 0 : entry->second;
    };
    for (const FaultCountName& name : FaultCountNames()) {
      EXPECT_EQ(found(name.name), static_cast<std::uint64_t>(result.faults.*name.count))
          << name.name;
    }
    for (const NetworkCountName& name : NetworkCountNames()) {
      const std::string text = name.name;
      if (text == "frames" || text == "calls") continue;  // no faults
      EXPECT_EQ(found(name.name), result.network.*name.count) << name.name;
    }
  }
  for (const char* name : {"power_losses", "pauses", "partitions", "failed_writes", "lost",
                           "duplicated", "resets", "held_back"}) {
    EXPECT_GT(recorded[name], 0u) << name;
  }
}

struct Fate {
  Event sent;
  int ends = 0;
};

TEST(EventLog, SaysWhatBecameOfEachMessage) {
  std::map<std::uint64_t, Fate> messages;
  int delivered = 0;
  int lost = 0;
  for (const Event& event : Recorded(StormyProfile(1)).events) {
    if (event.kind == EventKind::kSend) {
      EXPECT_TRUE(messages.emplace(event.message, Fate{event}).second) << event.message;
      EXPECT_FALSE(event.what.empty());
    } else if (event.kind == EventKind::kDeliver || event.kind == EventKind::kLose) {
      ASSERT_TRUE(messages.contains(event.message)) << event.message;
      Fate& fate = messages.at(event.message);
      EXPECT_EQ(++fate.ends, 1) << "message " << event.message << " ends twice";
      EXPECT_EQ(event.who, fate.sent.peer);
      EXPECT_EQ(event.peer, fate.sent.who);
      EXPECT_LE(fate.sent.at, event.at);
      ++(event.kind == EventKind::kDeliver ? delivered : lost);
    }
  }
  EXPECT_GT(delivered, 1000);
  EXPECT_GT(lost, 10);
}

// Of each transaction that an initiator knows to be committed.
TEST(EventLog, TellsTheWayOfATransactionInItsOrder) {
  std::map<TransactionId, std::vector<EventKind>> ways;
  const WorldResult result = Recorded(ProfileOf("calm", 1));
  for (const Event& event : result.events) {
    if (event.kind == EventKind::kSend || event.kind == EventKind::kDeliver) continue;
    for (const TransactionId& id : event.about) ways[id].push_back(event.kind);
  }
  int committed = 0;
  for (const auto& [id, way] : ways) {
    const auto place = [&way = way](EventKind kind) {
      return std::find(way.begin(), way.end(), kind) - way.begin();
    };
    const auto never = static_cast<std::ptrdiff_t>(way.size());
    if (place(EventKind::kCommit) == never) continue;
    ++committed;
    EXPECT_LT(place(EventKind::kVote), place(EventKind::kDecide)) << id.ToText();
    EXPECT_LT(place(EventKind::kDecide), place(EventKind::kDurable)) << id.ToText();
    EXPECT_LT(place(EventKind::kDurable), place(EventKind::kCommit)) << id.ToText();
    EXPECT_LT(place(EventKind::kDurable), place(EventKind::kSettle)) << id.ToText();
  }
  EXPECT_GT(committed, 20);
}

TEST(EventLog, EndsWithTheViolationAndWhatItIsAbout) {
  Profile profile = ProfileOf("crashes", 1);
  profile.faults_ms = 5;
  profile.heal_ms = 0;
  const WorldResult result = Recorded(profile);
  ASSERT_EQ(result.verdict, Verdict::kViolated);
  const Event& last = result.events.back();
  EXPECT_EQ(last.kind, EventKind::kViolation);
  EXPECT_EQ(last.what, result.violation->promise + ": " + result.violation->text);
}

TEST(EventLog, NamesTheTransactionsOfAViolationAndTheProcessAtWork) {
  const Scheduler scheduler;
  EventLog log(LogLevel::kShort, &scheduler);
  log.Add(Event{{}, EventKind::kDecide, "c1", "decides to commit c1-1-7"});
  log.AddViolation("R6", "the commit of c1-1-7 was decided (c2-3-4: not c1-1-7)", true);
  log.AddViolation("P1", "a second one", true);
  ASSERT_EQ(log.events().size(), 2u);
  const Event& violation = log.events().back();
  EXPECT_EQ(violation.who, "c1");
  EXPECT_EQ(violation.about, (std::vector<TransactionId>{*TransactionId::Parse("c1-1-7"),
                                                         *TransactionId::Parse("c2-3-4")}));
}

TEST(RecordedWorld, TellsOfAWorldThatBreaksAnInvariantAsFarAsItCame) {
  Profile profile = ProfileOf("memory", 1);
  profile.coordinator_crash_every_ms = 1;
  profile.down_ms = -5;  // no time is so short: a check fails at the first crash
  const TellWorld tell = [](const WorldResult& result) {
    const bool is_told = result.violation && result.violation->promise == "invariant" &&
                         result.events.size() > 5 &&
                         result.events.back().kind == EventKind::kViolation;
    return is_told ? 7 : 8;
  };
  EXPECT_EXIT(RunRecorded(profile, LogLevel::kAll, tell), ::testing::ExitedWithCode(7), "");
}

// ---------------------------------------------------------------------------------------------

const CoordinatorId kCoordinator = CoordinatorId::Parse("c1").value();

TEST(MessageWords, SayWhatAFrameHolds) {
  v1::AttachResponse frame;
  Append(
      ToParticipant(Prepare{{1, 5}, {1, 2, 3}, Operations().Add("money/1", -4).Encode(), {}, {}}),
      &frame);
  Append(ToParticipant(Prepare{{1, 6}, {1, 2, 4}, std::nullopt, {}, {}}), &frame);
  Append(ToParticipant(Abort{{1, 7}, std::nullopt}), &frame);
  const MessageWords words =
      WordsOfFrame(StreamKind::kAttach, false, kCoordinator, Serialize(frame));
  EXPECT_EQ(words.label, "Prepare \u00d72, Abort");
  EXPECT_EQ(words.about.size(), 3u);
  EXPECT_EQ(words.text,
            "Prepare c1-1-5, stamp 1.2.3, payload: money/1 -4\nPrepare c1-1-6, stamp 1.2.4\n"
            "Abort c1-1-7");
}

TEST(MessageWords, SayWhatARequestAndItsReplyHold) {
  const TransactionId id{kCoordinator, {1, 5}};
  v1::GetTransactionRequest request;
  ToWire(GetRequest{id}, &request);
  EXPECT_EQ(WordsOfRequest(Method::kGet, Serialize(request)).text, "Get c1-1-5");
  v1::GetTransactionResponse reply;
  OutcomeReply outcome;
  outcome.id = id;
  outcome.outcome = Outcome::kCommitted;
  outcome.state = TransactionState::kCommitting;
  outcome.unfinished = {"p2"};
  ToWire(outcome, &reply);
  const MessageWords words = WordsOfReply(Method::kGet, SerializeReply(reply), {id});
  EXPECT_EQ(words.label, "COMMITTED");
  EXPECT_EQ(words.text, "c1-1-5 COMMITTED, on its way to p2");
}

TEST(MessageWords, AreThereForBytesThatNobodyUnderstands) {
  EXPECT_EQ(WordsOfFrame(StreamKind::kAttach, true, kCoordinator, "\xff\xff").text, "2 bytes");
  EXPECT_EQ(WordsOfRequest(Method::kWork, "?").text, "1 bytes");
}

}  // namespace
}  // namespace assent::simulation
