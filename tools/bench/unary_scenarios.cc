#include "tools/bench/unary_scenarios.h"

#include <cstdint>
#include <memory>
#include <string>

#include "tools/bench/cluster.h"
#include "tools/bench/floor_rig.h"
#include "tools/bench/initiator.h"
#include "tools/bench/payload_rig.h"

namespace assent::bench {
namespace {

constexpr int kParticipants = 2;

// The coordinator, driven by unary calls.
class UnaryRig final : public Rig {
 public:
  explicit UnaryRig(LinkStyle participant_links) : participant_links_(participant_links) {}

  std::string Start(Completions* completions) override {
    const std::string error = participant_links_ == LinkStyle::kStream
                                  ? cluster_.Start(kParticipants)
                                  : cluster_.StartUnary(kParticipants);
    if (!error.empty()) return error;
    initiator_ = std::make_unique<UnaryInitiator>(cluster_.coordinator()->address(),
                                                  cluster_.names(), completions);
    return "";
  }

  void Begin(int slot) override { initiator_->Begin(slot); }
  std::vector<Part> Parts() const override { return cluster_.Parts(); }
  WorkDone Done() override { return cluster_.Done(); }
  std::string Check() override {
    const auto expected = static_cast<std::int64_t>(initiator_->committed()) * kParticipants;
    return CompareSums(expected, cluster_.participants()->Sum());
  }

 private:
  const LinkStyle participant_links_;
  Cluster cluster_;
  std::unique_ptr<Initiator> initiator_;
};

Scenario WithLinks(const char* name, const char* about, LinkStyle participant_links) {
  const auto loads = [participant_links](const Settings&, Report*) {
    LoadCase load_case;
    load_case.labels = {{"participants", kParticipants}};
    load_case.rig = [participant_links] { return std::make_unique<UnaryRig>(participant_links); };
    load_case.floor = FloorOf({kParticipants, LinkStyle::kUnary, participant_links});
    return std::vector<LoadCase>{load_case};
  };
  return LoadScenario(name, about, loads);
}

}  // namespace

std::vector<Scenario> UnaryScenarios() {
  return {
      WithLinks("unary-initiator", "initiators by unary calls, agents on streams",
                LinkStyle::kStream),
      WithLinks("unary", "initiators and participants by unary calls, without our libraries",
                LinkStyle::kUnary),
  };
}

}  // namespace assent::bench
