#include "coordinator/effect_dispatcher.h"

#include <gtest/gtest.h>

#include <vector>

namespace assent {
namespace {

// Notes each call.
class Notebook : public ReplySink, public LinkSink, public LogSink, public NoticeSink {
 public:
  void Reply(RequestId request, InitiatorReply) override { Note("reply", request); }
  void BindingReplaced(RequestId request, Reason, const std::string&) override {
    Note("bound", request);
  }
  void Send(LinkId link, ToParticipant) override { Note("send", link); }
  void CloseLink(LinkId link, Reason, std::string) override { Note("close", link); }
  void WriteDecision(LogTicket ticket, DecisionRecord) override { Note("decision", ticket); }
  void WriteUpdate(LogTicket ticket, LogUpdate, bool urgent) override {
    Note(urgent ? "urgent" : "update", ticket);
  }
  void Notice(coordinator_effect::Notice) override { Note("notice", 0); }
  void Halt(Reason, std::string) override { Note("halt", 0); }

  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void Note(const std::string& what, std::uint64_t number) {
    notes_.push_back(what + " " + std::to_string(number));
  }

  std::vector<std::string> notes_;
};

TEST(EffectDispatcher, PerformsEachEffectOnceAndInOrder) {
  CoordinatorEffects effects;
  effects.push_back(coordinator_effect::LogDecision{1, {}});
  effects.push_back(coordinator_effect::LogUpdated{2, {}, false});
  effects.push_back(coordinator_effect::LogUpdated{3, {}, true});
  effects.push_back(coordinator_effect::Send{4, {}});
  effects.push_back(coordinator_effect::CloseLink{4, Reason::kDraining, ""});
  effects.push_back(coordinator_effect::Reply{5, {}});
  effects.push_back(coordinator_effect::BindingReplaced{6, Reason::kNone, ""});
  effects.push_back(coordinator_effect::Notice{});
  effects.push_back(coordinator_effect::Halt{});
  Notebook notebook;
  EffectDispatcher dispatcher(&notebook, &notebook, &notebook, &notebook);
  dispatcher.Perform(&effects);
  EXPECT_TRUE(effects.empty());
  EXPECT_EQ(notebook.notes(),
            (std::vector<std::string>{"decision 1", "update 2", "urgent 3", "send 4", "close 4",
                                      "reply 5", "bound 6", "notice 0", "halt 0"}));
}

}  // namespace
}  // namespace assent
