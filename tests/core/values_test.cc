// The plain values: ids, reasons, hashes, times, checks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "core/backoff.h"
#include "core/check.h"
#include "core/hash.h"
#include "core/ids.h"
#include "core/prng.h"
#include "core/reason.h"
#include "core/time.h"

namespace assent {
namespace {

TEST(TransactionIds, ParseIsTheInverseOfToText) {
  for (const char* text : {"c1-1-1", "a-18446744073709551615-18446744073709551615",
                           "abcdefghijklmnopqrstuv-18446744073709551615-18446744073709551615"}) {
    const auto id = TransactionId::Parse(text);
    ASSERT_TRUE(id.has_value()) << text;
    EXPECT_EQ(id->ToText(), text);
    EXPECT_LE(id->ToText().size(), TransactionId::kMaxTextSize);
  }
}

TEST(TransactionIds, NothingElseParses) {
  for (const char* text : {"",
                           "-",
                           "--",
                           "c1",
                           "c1-1",
                           "c1-1-",
                           "c1--1",
                           "-1-1",
                           "c1-0-1",
                           "c1-1-0",
                           "c1-01-1",
                           "c1-1-01",
                           "c1-1-1 ",
                           " c1-1-1",
                           "C1-1-1",
                           "c_1-1-1",
                           "c1-+1-1",
                           "c1-1-0x1",
                           "c1-1-1-1-1-",
                           "c1-18446744073709551616-1",
                           "c1-1-18446744073709551616",
                           "c1-1-1\n",
                           "abcdefghijklmnopqrstuvw-1-1"}) {
    EXPECT_FALSE(TransactionId::Parse(text).has_value()) << text;
  }
  EXPECT_FALSE(TransactionId::Parse(std::string("c1-1-1\0", 7)).has_value());
  EXPECT_FALSE(TransactionId::Parse(std::string(1000, '1')).has_value());
}

TEST(TransactionIds, AreOrderedAsTheyWereGivenOut) {
  EXPECT_LT((Sequence{1, 900}), (Sequence{2, 1}));
  EXPECT_LT((Sequence{2, 1}), (Sequence{2, 2}));
}

TEST(CoordinatorIdValue, HasOneTo22LowerCaseLettersAndDigits) {
  EXPECT_TRUE(CoordinatorId::Parse("a").has_value());
  EXPECT_TRUE(CoordinatorId::Parse(std::string(22, 'z')).has_value());
  for (const std::string text : {"", "A", "a-b", "a.b", "ä"}) {
    EXPECT_FALSE(CoordinatorId::Parse(text).has_value()) << text;
  }
  EXPECT_FALSE(CoordinatorId::Parse(std::string(23, 'z')).has_value());
  EXPECT_TRUE(CoordinatorId().empty());
}

TEST(StoreIds, Are32HexadecimalDigits) {
  const StoreId id{0x0123456789abcdef, 0xfedcba9876543210};
  EXPECT_EQ(id.ToText(), "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(StoreId::Parse(id.ToText()), id);
  EXPECT_FALSE(StoreId::Parse("0123456789ABCDEFfedcba9876543210").has_value());
  EXPECT_FALSE(StoreId::Parse("0123").has_value());
  EXPECT_FALSE(StoreId::Parse(std::string(32, 'g')).has_value());
}

TEST(ParticipantNames, HaveOneTo64OfTheAllowedBytes) {
  for (const std::string name : {"a", "0", "wallet", "a.b_c-d", "9-x"}) {
    EXPECT_TRUE(IsValidParticipantName(name)) << name;
  }
  EXPECT_TRUE(IsValidParticipantName(std::string(64, 'a')));
  EXPECT_FALSE(IsValidParticipantName(std::string(65, 'a')));
  for (const std::string name : {"", "A", "-a", ".a", "_a", "a b", "a/b", "ä", "a\n"}) {
    EXPECT_FALSE(IsValidParticipantName(name)) << name;
  }
}

TEST(Reasons, HaveOneNameEachAndNamesAreReadBack) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Reason::kInternal); ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_TRUE(names.insert(NameOf(reason)).second) << i;
    EXPECT_EQ(ReasonNamed(NameOf(reason)), reason);
    EXPECT_EQ(NameOf(reason).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_"),
              std::string_view::npos);
    EXPECT_EQ(CodeOf(reason) == Code::kOk, reason == Reason::kNone);
  }
  EXPECT_EQ(ReasonNamed("NO_SUCH_REASON"), std::nullopt);
}

TEST(Reasons, MapToTheCanonicalCodes) {
  EXPECT_EQ(CodeOf(Reason::kFutureTransaction), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(Reason::kOutcomeExpired), Code::kNotFound);
  EXPECT_EQ(CodeOf(Reason::kDifferentRequest), Code::kFailedPrecondition);
  EXPECT_EQ(CodeOf(Reason::kTooManyTransactions), Code::kResourceExhausted);
  EXPECT_EQ(CodeOf(Reason::kTooManyLinks), Code::kResourceExhausted);
  EXPECT_EQ(CodeOf(Reason::kPeerDoesNotRead), Code::kResourceExhausted);
  EXPECT_EQ(CodeOf(Reason::kSuperseded), Code::kUnavailable);
  EXPECT_EQ(NameOf(Reason::kOutcomeExpired), "OUTCOME_EXPIRED");
}

TEST(AbortReasons, HaveOneNameEach) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(AbortReason::kDraining); ++i) {
    EXPECT_TRUE(names.insert(NameOf(static_cast<AbortReason>(i))).second) << i;
  }
}

// Stored in decision records: these values are for good.
TEST(Hash, IsFixedForGood) {
  EXPECT_EQ(Hasher().Value(), Hasher().Value());
  static_assert(Hasher().Add("ab").Add("c").Value() != Hasher().Add("a").Add("bc").Value());
  static_assert(Hasher().Add("").Value() != Hasher().Value());
  EXPECT_EQ(Hasher().Add("assent").AddNumber(7).Value(), 852245382382831727u);
  EXPECT_EQ(Hasher().Value(), 17280346270528514342u);
}

TEST(Times, NeverStaysNever) {
  EXPECT_TRUE((Time::Never() + Duration::Seconds(1)).IsNever());
  EXPECT_LT(Time{1}, Time::Never());
  EXPECT_EQ((Time{5} + Duration::Millis(2)).micros, 2005);
  EXPECT_EQ(Duration::Seconds(3) / 2, Duration::Millis(1500));
  EXPECT_EQ(Time{9} - Time{4}, Duration::Micros(5));
}

TEST(Backoff, DoublesUpToItsCapWithJitterOfUpToAHalf) {
  Prng prng(1);
  Duration wanted = Duration::Millis(500);
  for (std::uint32_t attempt = 0; attempt < 100; ++attempt) {
    const Duration wait =
        BackoffDelay(Duration::Millis(500), Duration::Seconds(30), attempt, &prng);
    EXPECT_LE(wait, wanted);
    EXPECT_GE(wait, wanted / 2);
    wanted = std::min(wanted * 2, Duration::Seconds(30));
  }
}

TEST(CheckDeathTest, StopsTheProcessAndSaysWhatMustHold) {
  EXPECT_DEATH(ASSENT_CHECK(1 > 2, "order"), "check failed: 1 > 2 order");
  EXPECT_DEATH(ASSENT_CHECK(false), "check failed: false");
}

TEST(CheckDeathTest, CallsTheHandlerOfTheProgram) {
  const auto fail = [] {
    SetCheckFailureHandler([](const char*, int, const char* condition, const char* message) {
      std::fprintf(stderr, "handler: %s, %s\n", condition, message);
      std::_Exit(3);
    });
    ASSENT_CHECK(false, "because");
  };
  EXPECT_EXIT(fail(), testing::ExitedWithCode(3), "handler: false, because");
}

}  // namespace
}  // namespace assent
