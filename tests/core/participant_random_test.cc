// Random inputs, legal ones only: invariants after every step, and the same seed gives the same
// effects.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/hash.h"
#include "core/prng.h"
#include "tests/core/participant_rig.h"

namespace assent {
namespace {

class RandomWorld {
 public:
  explicit RandomWorld(std::uint64_t seed) : prng_(seed), rig_(FreshStore(), {}, seed) {}

  std::uint64_t Run(int steps) {
    for (int i = 0; i < steps; ++i) {
      rig_.now = rig_.now + Duration::Millis(static_cast<std::int64_t>(prng_.Below(500)));
      Observe(Step());
    }
    return digest_.Value();
  }

 private:
  std::string Step() {
    switch (prng_.Below(12)) {
      case 0:
        return prng_.Below(4) == 0 ? Relink() : rig_.TickAtDeadline();
      case 1:
      case 2:
        return BeginCall();
      case 3:
        return EndCall();
      case 4:
        return rig_.Receive(PrepareMessage(), link_);
      case 5:
        return rig_.Receive(Commit{AnyId(), prng_.Below(100), {epoch_, prng_.Below(10)}}, link_);
      case 6:
        return rig_.Receive(Abort{AnyId(), AnyStamp()}, link_);
      case 7:
        return rig_.Receive(InquiryAnswer{AnyId(), Verdict(1 + prng_.Below(5)), 1, {}}, link_);
      case 8:
        return rig_.Receive(
            EnlistAnswer{
                prng_.Below(60), prng_.Below(3) == 0 ? Reason::kDraining : Reason::kNone, {}},
            link_);
      default:
        return Complete();
    }
  }

  std::string Relink() {
    if (prng_.Below(3) == 0) return rig_.Step(participant_input::Detached{link_});
    if (prng_.Below(4) == 0) ++epoch_;
    return rig_.Attach(++link_, epoch_);
  }
  std::string BeginCall() {
    const CallId call = ++last_call_;
    const std::string text =
        rig_.Step(participant_input::CallBegun{call, {TestCoordinator(), AnyId()}});
    if (text.starts_with("admitted")) calls_.push_back(call);
    return text;
  }
  std::string EndCall() {
    if (calls_.empty()) return "";
    const std::size_t at = prng_.Below(calls_.size());
    const CallId call = calls_[at];
    calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(at));
    return rig_.EndCall(call);
  }
  Prepare PrepareMessage() {
    Prepare message;
    message.id = AnyId();
    message.stamp = AnyStamp();
    if (prng_.Below(2) == 0) message.payload = "work";
    return message;
  }
  Stamp AnyStamp() { return {epoch_ - prng_.Below(2), kIncarnation, prng_.Below(300)}; }
  Sequence AnyId() { return {epoch_ - prng_.Below(8) / 7, 1 + prng_.Below(20)}; }

  std::string Complete() {
    if (busy_.empty()) return "";
    auto at = busy_.begin();
    std::advance(at, prng_.Below(busy_.size()));
    const auto [id, what] = *at;
    busy_.erase(at);
    if (what == 'P') {
      return rig_.Step(participant_input::Prepared{id, {VoteKind(1 + prng_.Below(3)), "t"}});
    }
    if (what == 'C') {
      return rig_.Step(participant_input::Committed{id, CommitResult(prng_.Below(4))});
    }
    return rig_.Step(participant_input::Aborted{id, prng_.Below(3) != 0});
  }

  // One call of the resource manager per branch; a vote of yes and an acknowledgement only where
  // a completion has just come in.
  void Observe(const std::string& text) {
    digest_.Add(text);
    for (const ParticipantEffect& effect : rig_.effects) {
      if (const auto* e = std::get_if<participant_effect::PrepareBranch>(&effect))
        Start(e->id, 'P');
      if (const auto* e = std::get_if<participant_effect::CommitBranch>(&effect)) Start(e->id, 'C');
      if (const auto* e = std::get_if<participant_effect::AbortBranch>(&effect)) Start(e->id, 'A');
    }
    rig_.effects.clear();
  }
  void Start(const TransactionId& id, char what) {
    EXPECT_TRUE(busy_.try_emplace(id, what).second) << id.ToText() << " is busy";
  }

  Prng prng_;
  ParticipantRig rig_;
  Hasher digest_;
  Epoch epoch_ = kEpoch;
  LinkId link_ = 0;
  CallId last_call_ = 0;
  std::vector<CallId> calls_;
  std::map<TransactionId, char> busy_;
};

TEST(ParticipantRandom, KeepsItsInvariantsWhateverComes) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    RandomWorld(seed).Run(1500);
  }
}

TEST(ParticipantRandom, GivesTheSameEffectsForTheSameSeed) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(RandomWorld(seed).Run(1000), RandomWorld(seed).Run(1000));
  }
  EXPECT_NE(RandomWorld(1).Run(1000), RandomWorld(2).Run(1000));
}

}  // namespace
}  // namespace assent
