#include "tools/bench/cluster.h"

#include <grpcpp/client_context.h>
#include <sys/stat.h>

#include <fstream>

#include "runtime/channel.h"
#include "runtime/clock.h"

namespace assent::bench {
namespace {

constexpr Duration kPatience = Duration::Seconds(60);

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
                                      log_directory(),
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

int CoordinatorProcess::Attached() const {
  int attached = 0;
  const v1::ListParticipantsResponse list = Participants();
  for (const v1::ParticipantInfo& info : list.participants()) {
    if (info.attached()) ++attached;
  }
  return attached;
}

std::string Cluster::Start(int participants, const std::string& role) {
  const std::string error = coordinator_.Start();
  return error.empty() ? participants_.Start(participants, role, coordinator_.address()) : error;
}

std::string Cluster::StartUnary(int participants) {
  std::string error = participants_.Start(participants, "unary-participant", "-");
  if (error.empty()) error = coordinator_.Start({"--config", WriteConfiguration()});
  while (error.empty() && coordinator_.Attached() < participants) {
  }
  return error;
}

std::string Cluster::WriteConfiguration() const {
  std::string path = directory_ / "assentd.toml";
  std::ofstream file(path);
  for (std::size_t i = 0; i < names().size(); ++i) {
    file << "[participants." << names()[i] << "]\naddress = \"" << participants_.addresses()[i]
         << "\"\n";
  }
  return path;
}

std::vector<Part> Cluster::Parts() const {
  std::vector<Part> parts = participants_.Parts();
  parts.push_back({"coordinator", coordinator_.pid(), coordinator_.log_directory()});
  return parts;
}

WorkDone Cluster::Done() const {
  const v1::GetStatusResponse status = coordinator_.Status();
  const v1::TrafficCounters& traffic = status.traffic();
  WorkDone done;
  done.syncs = status.log().syncs() + participants_.Syncs();
  done.frames = traffic.frames_sent() + traffic.frames_received();
  done.bytes = traffic.bytes_sent() + traffic.bytes_received();
  done.log_bytes = status.log().bytes();
  return done;
}

}  // namespace assent::bench
