// The dispatcher performs every effect, and hands over in one piece.
#include "participant/participant_dispatcher.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/participant/resource_manager_contract.h"

namespace assent {
namespace {

using ::testing::ElementsAre;

class Recorder : public ParticipantSinks, public ResourceManager {
 public:
  void Send(LinkId link, FromParticipant) override { seen.push_back("send " + Text(link)); }
  void CallAdmitted(CallId call) override { seen.push_back("admitted " + Text(call)); }
  void CallRefused(CallId call, Reason, const std::string& text) override {
    seen.push_back("refused " + Text(call) + " " + text);
  }
  void Enlisted(CallId call, Reason, const std::string&) override {
    seen.push_back("enlisted " + Text(call));
  }
  void Notice(const participant_effect::Notice& notice) override { seen.push_back(notice.text); }
  StartResult Start(ResourceHandlers) override { return {}; }
  void Submit(std::vector<ResourceStep> steps) override { handed_over.push_back(std::move(steps)); }
  void Supersede(const std::string&) override {}
  void Stop() override {}

  std::vector<std::string> seen;
  std::vector<std::vector<ResourceStep>> handed_over;

 private:
  static std::string Text(std::uint64_t number) { return std::to_string(number); }
};

TEST(ParticipantDispatcher, PerformsEveryEffectInItsOrder) {
  Recorder recorder;
  ParticipantDispatcher dispatcher(&recorder, &recorder);
  ParticipantEffects effects = {participant_effect::Send{1, Acknowledge{}},
                                participant_effect::CallAdmitted{2},
                                participant_effect::CallRefused{3, Reason::kInternal, "why"},
                                participant_effect::Enlisted{4, Reason::kNone, ""},
                                participant_effect::Notice{{}, Id(1), "notice"}};
  dispatcher.Perform(&effects);
  dispatcher.Flush();
  EXPECT_TRUE(effects.empty());
  EXPECT_THAT(recorder.seen,
              ElementsAre("send 1", "admitted 2", "refused 3 why", "enlisted 4", "notice"));
  EXPECT_TRUE(recorder.handed_over.empty());
}

TEST(ParticipantDispatcher, HandsOverAllStepsOfADrainAtOnce) {
  Recorder recorder;
  ParticipantDispatcher dispatcher(&recorder, &recorder);
  ParticipantEffects first = {participant_effect::PrepareBranch{Id(1), "work", {}},
                              participant_effect::NoteCoordinator{}};
  ParticipantEffects second = {participant_effect::CommitBranch{Id(2)},
                               participant_effect::AbortBranch{Id(3)}};
  dispatcher.Perform(&first);
  dispatcher.Perform(&second);
  dispatcher.Flush();
  ASSERT_EQ(recorder.handed_over.size(), 1u);
  EXPECT_EQ(recorder.handed_over[0].size(), 4u);
  EXPECT_EQ(std::get<PrepareStep>(recorder.handed_over[0][0]).payload, "work");
  EXPECT_EQ(dispatcher.under_way(), 3u);
  const auto inputs =
      dispatcher.ToInputs({participant_input::Committed{Id(2), CommitResult::kCommitted},
                           participant_input::Aborted{Id(3), true}});
  EXPECT_EQ(std::get<participant_input::Committed>(inputs[0]).id, Id(2));
  EXPECT_TRUE(std::get<participant_input::Aborted>(inputs[1]).done);
  EXPECT_EQ(dispatcher.under_way(), 1u);
}

}  // namespace
}  // namespace assent
