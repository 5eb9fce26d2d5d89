#include "tools/bench/cluster.h"

#include <grpcpp/client_context.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include "runtime/channel.h"
#include "runtime/clock.h"

namespace assent::bench {
namespace {

constexpr Duration kPatience = Duration::Seconds(60);
constexpr std::string_view kReady = "ready";

template <class Request, class Response>
Response Call(v1::AdminService::Stub* stub,
              grpc::Status (v1::AdminService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
              const Request& request) {
  grpc::ClientContext context;
  context.set_deadline(ToGrpcTime(MonotonicNow() + kPatience));
  context.set_wait_for_ready(true);
  Response response;
  return (stub->*method)(&context, request, &response).ok() ? response : Response();
}

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
  return Call(admin_.get(), &v1::AdminService::Stub::GetStatus, v1::GetStatusRequest());
}

v1::ListParticipantsResponse CoordinatorProcess::Participants() const {
  return Call(admin_.get(), &v1::AdminService::Stub::ListParticipants,
              v1::ListParticipantsRequest());
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
  std::vector<std::string> greetings;
  return error.empty() ? StartParticipants(participants, role, coordinator_.address(), &greetings)
                       : error;
}

std::string Cluster::StartUnary(int participants) {
  std::vector<std::string> greetings;
  std::string error = StartParticipants(participants, "unary-participant", "-", &greetings);
  if (!error.empty()) return error;
  const std::string configuration = directory_ / "assentd.toml";
  std::ofstream file(configuration);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    file << "[participants." << names_[i] << "]\naddress = \""
         << greetings[i].substr(kReady.size() + 1) << "\"\n";
  }
  file.close();
  error = coordinator_.Start({"--config", configuration});
  const auto attached = [this] {
    const v1::ListParticipantsResponse list = coordinator_.Participants();
    return std::count_if(list.participants().begin(), list.participants().end(),
                         [](const v1::ParticipantInfo& info) { return info.attached(); });
  };
  while (error.empty() && attached() < participants) {
  }
  return error;
}

std::string Cluster::StartParticipants(int count, const std::string& role,
                                       const std::string& coordinator,
                                       std::vector<std::string>* greetings) {
  names_ = ParticipantNames(count);
  for (const std::string& name : names_) {
    participants_.push_back(
        std::make_unique<Child>(RoleCommand(role, {name, directory_ / name, coordinator})));
  }
  for (auto& participant : participants_) {
    greetings->push_back(participant->ReadLine());
    if (!greetings->back().starts_with(kReady)) {
      return "a participant is not ready: " + greetings->back();
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
