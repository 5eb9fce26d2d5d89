#include "tools/bench/cluster.h"

#include <grpcpp/client_context.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "runtime/channel.h"
#include "runtime/clock.h"

namespace assent::bench {
namespace {

constexpr Duration kPatience = Duration::Seconds(60);

}  // namespace

std::string CoordinatorProcess::Start(const Arguments& flags) {
  const std::string ready = *directory_ / "ready";
  if (!created_ && mkfifo(ready.c_str(), 0600) != 0) return "cannot make " + ready;
  std::vector<std::string> command = {ProgramBeside("assentd"),
                                      "--data-directory",
                                      *directory_ / "log",
                                      "--listen",
                                      address_,
                                      "--ready-file",
                                      ready,
                                      "--logging-directory",
                                      directory_->path()};
  if (!created_) command.push_back("--create-log");
  created_ = true;
  command.insert(command.end(), flags.begin(), flags.end());
  child_ = std::make_unique<Child>(command);
  return AwaitServing(ready);
}

std::string CoordinatorProcess::AwaitServing(const std::string& ready) {
  std::ifstream file(ready);
  std::getline(file, address_);
  if (address_.empty()) return "the coordinator does not serve";
  admin_ = v1::AdminService::NewStub(Dial(address_, grpc::InsecureChannelCredentials()));
  return "";
}

v1::GetStatusResponse CoordinatorProcess::Status() const {
  grpc::ClientContext context;
  context.set_deadline(ToGrpcTime(MonotonicNow() + kPatience));
  context.set_wait_for_ready(true);
  v1::GetStatusResponse status;
  return admin_->GetStatus(&context, {}, &status).ok() ? status : v1::GetStatusResponse();
}

std::int64_t AskNumber(Child* child, const std::string& question) {
  return std::strtoll(child->Ask(question).c_str(), nullptr, 10);
}

std::vector<std::string> ParticipantNames(int count) {
  std::vector<std::string> names;
  for (int i = 1; i <= count; ++i) names.push_back("p" + std::to_string(i));
  return names;
}

std::string Cluster::Start(int participants, const std::string& role,
                           const Arguments& coordinator_flags) {
  const std::string error = coordinator_.Start(coordinator_flags);
  if (!error.empty()) return error;
  names_ = ParticipantNames(participants);
  for (const std::string& name : names_) {
    participants_.push_back(std::make_unique<Child>(
        RoleCommand(role, {name, directory_ / name, coordinator_.address()})));
  }
  for (auto& participant : participants_) {
    greetings_.push_back(participant->ReadLine());
    if (!greetings_.back().starts_with("ready")) {
      return "a participant is not ready: " + greetings_.back();
    }
  }
  return "";
}

std::vector<Part> Cluster::Parts() const {
  std::vector<Part> parts = {{"coordinator", coordinator_.pid()}, {"initiator", getpid()}};
  for (const auto& participant : participants_) {
    parts.push_back({"participants", participant->pid()});
  }
  return parts;
}

WorkDone Cluster::Done() {
  const v1::GetStatusResponse status = coordinator_.Status();
  const v1::TrafficCounters& traffic = status.traffic();
  WorkDone done;
  done.syncs = status.log().syncs();
  done.frames = traffic.frames_sent() + traffic.frames_received();
  done.bytes = traffic.bytes_sent() + traffic.bytes_received();
  done.log_bytes = status.log().bytes();
  for (auto& participant : participants_) {
    done.syncs += static_cast<std::uint64_t>(AskNumber(participant.get(), "syncs"));
  }
  return done;
}

std::int64_t Cluster::SumOfStores() {
  std::int64_t sum = 0;
  for (auto& participant : participants_) sum += AskNumber(participant.get(), "sum");
  return sum;
}

}  // namespace assent::bench
