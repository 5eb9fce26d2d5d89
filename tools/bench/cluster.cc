#include "tools/bench/cluster.h"

#include <sys/stat.h>

#include <fstream>

#include "tools/bench/waiting.h"

namespace assent::bench {
namespace {

constexpr Duration kPatience = Duration::Seconds(60);
constexpr Duration kLook = Duration::Millis(5);

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
  child_ = std::make_unique<Child>(
      Started{"the coordinator, assentd", *directory_ / "assentd.INFO"}, command);
  return AwaitServing(ready);
}

std::string CoordinatorProcess::AwaitServing(const std::string& ready) {
  std::ifstream file(ready);
  std::getline(file, address_);
  if (address_.empty()) return "the coordinator does not serve";
  admin_ = std::make_unique<Admin>(address_);
  return "";
}

std::string Cluster::Start(int participants, const std::string& role) {
  const std::string error = coordinator_.Start();
  return error.empty() ? participants_.Start(participants, role, coordinator_.address()) : error;
}

std::string Cluster::StartUnary(int participants) {
  std::string error = participants_.Start(participants, "unary-participant", "-");
  if (error.empty()) error = coordinator_.Start({"--config", WriteConfiguration()});
  if (!error.empty()) return error;
  const auto all = [&] { return coordinator_.admin().Attached() >= participants; };
  return PollUntil(all, kLook, kPatience) ? "" : "its participants are not attached in time";
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
  const v1::GetStatusResponse status = coordinator_.admin().Status();
  const v1::TrafficCounters& traffic = status.traffic();
  WorkDone done;
  done.syncs = status.log().syncs() + participants_.Syncs();
  done.frames = traffic.frames_sent() + traffic.frames_received();
  done.bytes = traffic.bytes_sent() + traffic.bytes_received();
  done.log_bytes = status.log().bytes();
  return done;
}

}  // namespace assent::bench
