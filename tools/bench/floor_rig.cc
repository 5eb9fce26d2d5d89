#include "tools/bench/floor_rig.h"

#include <unistd.h>

#include "tools/bench/cluster.h"

namespace assent::bench {
namespace {

constexpr std::string_view kReady = "ready ";

}  // namespace

MakeRig FloorOf(const FloorShape& shape) {
  return [shape] { return std::make_unique<FloorRig>(shape); };
}

std::string FloorRig::Start(Completions* completions) {
  std::string addresses = "-";
  const bool unary = shape_.participant_links == LinkStyle::kUnary;
  std::string error;
  if (unary) error = StartUnaryParticipants(&addresses);
  if (error.empty()) error = StartCoordinator(addresses);
  if (error.empty() && !unary) error = StartStreamParticipants();
  if (!error.empty()) return error;
  if (shape_.initiator == LinkStyle::kStream) {
    initiator_ = std::make_unique<StreamInitiator>(address_, shape_.participants, completions);
  } else {
    initiator_ = std::make_unique<UnaryInitiator>(address_, ParticipantNames(shape_.participants),
                                                  completions);
  }
  return "";
}

std::string FloorRig::StartUnaryParticipants(std::string* addresses) {
  addresses->clear();
  for (const std::string& name : ParticipantNames(shape_.participants)) {
    participants_.push_back(
        std::make_unique<Child>(RoleCommand("unary-participant", {name, directory_ / name, "-"})));
    const std::string line = participants_.back()->ReadLine();
    if (!line.starts_with(kReady)) return "a participant is not ready: " + line;
    *addresses += (addresses->empty() ? "" : ",") + line.substr(kReady.size());
  }
  return "";
}

std::string FloorRig::StartCoordinator(const std::string& addresses) {
  coordinator_ = std::make_unique<Child>(RoleCommand(
      "floor-coordinator", {directory_ / "log", std::to_string(shape_.participants), addresses}));
  const std::string line = coordinator_->ReadLine();
  if (!line.starts_with(kReady)) return "its coordinator is not ready: " + line;
  address_ = line.substr(kReady.size());
  return "";
}

std::string FloorRig::StartStreamParticipants() {
  for (const std::string& name : ParticipantNames(shape_.participants)) {
    participants_.push_back(std::make_unique<Child>(
        RoleCommand("floor-participant", {name, directory_ / name, address_})));
    const std::string line = participants_.back()->ReadLine();
    if (line != "ready") return "a participant is not ready: " + line;
  }
  while (AskNumber(coordinator_.get(), "links") < shape_.participants) {
  }
  return "";
}

std::vector<Part> FloorRig::Parts() const {
  std::vector<Part> parts = {{"coordinator", coordinator_->pid()}, {"initiator", getpid()}};
  for (const auto& participant : participants_) {
    parts.push_back({"participants", participant->pid()});
  }
  return parts;
}

WorkDone FloorRig::Done() {
  WorkDone done;
  done.frames = static_cast<std::uint64_t>(AskNumber(coordinator_.get(), "frames"));
  done.bytes = static_cast<std::uint64_t>(AskNumber(coordinator_.get(), "bytes"));
  done.syncs = static_cast<std::uint64_t>(AskNumber(coordinator_.get(), "syncs"));
  for (auto& participant : participants_) {
    done.syncs += static_cast<std::uint64_t>(AskNumber(participant.get(), "syncs"));
  }
  return done;
}

}  // namespace assent::bench
