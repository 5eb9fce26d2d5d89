#include "tools/bench/participant_processes.h"

#include <unistd.h>

#include <string_view>

#include "tools/bench/role.h"

namespace assent::bench {
namespace {

constexpr std::string_view kReady = "ready";

}  // namespace

std::vector<std::string> ParticipantNames(int count) {
  std::vector<std::string> names;
  for (int i = 1; i <= count; ++i) names.push_back("p" + std::to_string(i));
  return names;
}

std::string ParticipantProcesses::Start(int count, const std::string& role,
                                        const std::string& coordinator) {
  role_ = role;
  coordinator_ = coordinator;
  names_ = ParticipantNames(count);
  children_.resize(names_.size());
  addresses_.resize(names_.size());
  for (std::size_t i = 0; i < names_.size(); ++i) Launch(i);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    std::string error = AwaitReady(i);
    if (!error.empty()) return error;
  }
  return "";
}

std::string ParticipantProcesses::Restart(std::size_t participant) {
  Launch(participant);
  return AwaitReady(participant);
}

void ParticipantProcesses::Launch(std::size_t participant) {
  const std::string& name = names_[participant];
  children_[participant] = std::make_unique<Child>(
      Started{role_ + " " + name}, RoleCommand(role_, {name, directory_ / name, coordinator_}));
}

std::string ParticipantProcesses::AwaitReady(std::size_t participant) {
  const std::string line = children_[participant]->ReadLine();
  if (!line.starts_with(kReady)) return "a participant is not ready: " + line;
  addresses_[participant] = line.size() > kReady.size() ? line.substr(kReady.size() + 1) : "";
  return "";
}

std::vector<Part> ParticipantProcesses::Parts() const {
  std::vector<Part> parts = {{"initiator", getpid(), ""}};
  for (std::size_t i = 0; i < children_.size(); ++i) {
    parts.push_back({"participants", children_[i]->pid(), directory_ / names_[i]});
  }
  return parts;
}

std::uint64_t ParticipantProcesses::Syncs() const {
  std::int64_t syncs = 0;
  for (const auto& child : children_) syncs += child->AskNumber("syncs");
  return static_cast<std::uint64_t>(syncs);
}

std::int64_t ParticipantProcesses::Sum() const {
  std::int64_t sum = 0;
  for (const auto& child : children_) sum += child->AskNumber("sum");
  return sum;
}

std::int64_t ParticipantProcesses::SumOf(std::size_t participant) const {
  return children_[participant]->AskNumber("sum");
}

}  // namespace assent::bench
