#include "tools/bench/participant_processes.h"

#include <unistd.h>

#include <cstdlib>
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

std::int64_t AskNumber(Child* child, const std::string& question) {
  return std::strtoll(child->Ask(question).c_str(), nullptr, 10);
}

std::string ParticipantProcesses::Start(int count, const std::string& role,
                                        const std::string& coordinator) {
  names_ = ParticipantNames(count);
  addresses_.clear();
  for (const std::string& name : names_) {
    children_.push_back(
        std::make_unique<Child>(RoleCommand(role, {name, directory_ / name, coordinator})));
  }
  for (auto& child : children_) {
    const std::string line = child->ReadLine();
    if (!line.starts_with(kReady)) return "a participant is not ready: " + line;
    addresses_.push_back(line.size() > kReady.size() ? line.substr(kReady.size() + 1) : "");
  }
  return "";
}

std::vector<Part> ParticipantProcesses::Parts() const {
  std::vector<Part> parts = {{"initiator", getpid()}};
  for (const auto& child : children_) parts.push_back({"participants", child->pid()});
  return parts;
}

std::uint64_t ParticipantProcesses::Syncs() const {
  std::int64_t syncs = 0;
  for (const auto& child : children_) syncs += AskNumber(child.get(), "syncs");
  return static_cast<std::uint64_t>(syncs);
}

std::int64_t ParticipantProcesses::Sum() const {
  std::int64_t sum = 0;
  for (const auto& child : children_) sum += AskNumber(child.get(), "sum");
  return sum;
}

}  // namespace assent::bench
