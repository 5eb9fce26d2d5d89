// The floor: programs that move the product's messages and make its syncs, with its threads, and do
// nothing else.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/bench/child.h"
#include "tools/bench/initiator.h"
#include "tools/bench/machine.h"
#include "tools/bench/participant_processes.h"
#include "tools/bench/rig.h"
#include "tools/bench/scenario.h"

namespace assent::bench {

enum class LinkStyle { kStream, kUnary };

struct FloorShape {
  int participants = 2;
  LinkStyle initiator = LinkStyle::kStream;
  LinkStyle participant_links = LinkStyle::kStream;
  bool reads = false;  // no sync and no second phase; streams only
};

class FloorRig final : public Rig {
 public:
  explicit FloorRig(const FloorShape& shape) : shape_(shape) {}

  std::string Start(Completions* completions) override;
  void Begin(int slot) override { initiator_->Begin(slot); }
  std::vector<Part> Parts() const override;
  WorkDone Done() override;

 private:
  std::string StartCoordinator(const std::string& participants);
  std::string StartStreams();
  std::string StartCalls();

  const FloorShape shape_;
  ScratchDirectory directory_;
  std::string address_;
  std::unique_ptr<Child> coordinator_;
  ParticipantProcesses participants_;
  std::unique_ptr<Initiator> initiator_;
};

MakeRig FloorOf(const FloorShape& shape);

}  // namespace assent::bench
