#include "tools/bench/floor_rig.h"

#include <string_view>

#include "tools/bench/role.h"
#include "tools/bench/waiting.h"

namespace assent::bench {
namespace {

constexpr std::string_view kReady = "ready ";
constexpr Duration kPatience = Duration::Seconds(60);
constexpr Duration kLook = Duration::Millis(5);

}  // namespace

MakeRig FloorOf(const FloorShape& shape) {
  return [shape] { return std::make_unique<FloorRig>(shape); };
}

std::string FloorRig::Start(Completions* completions) {
  const std::string error =
      shape_.participant_links == LinkStyle::kUnary ? StartCalls() : StartStreams();
  if (!error.empty()) return error;
  if (shape_.initiator == LinkStyle::kStream) {
    initiator_ = std::make_unique<StreamInitiator>(address_, shape_.participants, completions);
  } else {
    initiator_ = std::make_unique<UnaryInitiator>(address_, participants_.names(), completions);
  }
  return "";
}

// The participants dial the coordinator.
std::string FloorRig::StartStreams() {
  std::string error = StartCoordinator("-");
  if (error.empty()) {
    error = participants_.Start(shape_.participants, "floor-participant", address_);
  }
  if (!error.empty()) return error;
  const auto all = [this] { return coordinator_->AskNumber("links") >= shape_.participants; };
  return PollUntil(all, kLook, kPatience) ? "" : "its participants are not attached in time";
}

// The coordinator dials the participants.
std::string FloorRig::StartCalls() {
  const std::string error = participants_.Start(shape_.participants, "unary-participant", "-");
  if (!error.empty()) return error;
  std::string addresses;
  for (const std::string& address : participants_.addresses()) {
    addresses += (addresses.empty() ? "" : ",") + address;
  }
  return StartCoordinator(addresses);
}

std::string FloorRig::StartCoordinator(const std::string& participants) {
  coordinator_ = std::make_unique<Child>(
      Started{"the floor's coordinator"},
      RoleCommand("floor-coordinator", {directory_ / "log", std::to_string(shape_.participants),
                                        participants, shape_.reads ? "read" : "write"}));
  const std::string line = coordinator_->ReadLine();
  if (!line.starts_with(kReady)) return "its coordinator is not ready: " + line;
  address_ = line.substr(kReady.size());
  return "";
}

std::vector<Part> FloorRig::Parts() const {
  std::vector<Part> parts = participants_.Parts();
  parts.push_back({"coordinator", coordinator_->pid(), ""});
  return parts;
}

WorkDone FloorRig::Done() {
  WorkDone done;
  done.frames = static_cast<std::uint64_t>(coordinator_->AskNumber("frames"));
  done.bytes = static_cast<std::uint64_t>(coordinator_->AskNumber("bytes"));
  done.syncs = static_cast<std::uint64_t>(coordinator_->AskNumber("syncs"));
  done.syncs += participants_.Syncs();
  return done;
}

}  // namespace assent::bench
