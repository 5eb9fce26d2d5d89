#include "shop_service.h"

#include <assent/participant/agent_state.h>
#include <pthread.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "shop.grpc.pb.h"

namespace shop {
namespace {

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

class Audit final : public AuditService::Service {
 public:
  explicit Audit(ShopService* service) : service_(service) {}

  grpc::Status ListEntries(grpc::ServerContext*, const ListEntriesRequest*,
                           grpc::ServerWriter<Entry>* writer) override {
    const assent::StoreResult result =
        service_->store().ScanCommitted("", [writer](std::string_view key, std::string_view value) {
          Entry entry;
          entry.set_key(std::string(key));
          entry.set_value(std::string(value));
          writer->Write(entry);
        });
    return ToStatus(result, "");
  }

  grpc::Status ListInDoubt(grpc::ServerContext*, const ListInDoubtRequest*,
                           ListInDoubtResponse* response) override {
    for (const assent::AgentBranch& branch : service_->agent().branches()) {
      if (branch.state == assent::LocalBranchState::kPrepared) {
        response->add_transaction_ids(branch.id);
      }
    }
    return grpc::Status::OK;
  }

 private:
  ShopService* service_;
};

// The store, made anew if `flags` say so: a store that is lost must not be replaced unnoticed.
assent::KeyValueStoreOptions PrepareStore(const Flags& flags) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  assent::KeyValueStoreOptions options;
  options.directory = flags["data"];
  if (!flags["create-store"].empty()) {
    const std::string error = assent::KeyValueStore::Create(options, assent::DrawStoreId());
    if (!error.empty()) Die(error);
  }
  return options;
}

assent::AgentOptions AgentOptionsOf(const std::string& name, const Flags& flags) {
  assent::AgentOptions options;
  options.name = name;
  options.coordinators = {flags["coordinator"]};
  return options;
}

void WaitForStopSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  int signal = 0;
  sigwait(&signals, &signal);
}

// Tells whoever waits for it that the service serves. Renamed, so that it is never seen half.
void WriteReadyFile(const std::string& path, const std::string& address) {
  if (path.empty()) return;
  const std::string temporary = path + ".new";
  std::ofstream(temporary) << address << '\n';
  if (std::rename(temporary.c_str(), path.c_str()) != 0) Die("cannot write " + path);
}

}  // namespace

Flags::Flags(int argc, char** argv, std::map<std::string, std::string> defaults)
    : values_(std::move(defaults)) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto flag = values_.find(argument.substr(0, 2) == "--" ? argument.substr(2) : "");
    if (flag == values_.end()) Die(std::string(argv[0]) + ": unknown argument: " + argument);
    const bool has_value = i + 1 < argc && std::string(argv[i + 1]).substr(0, 2) != "--";
    flag->second = has_value ? argv[++i] : "true";
  }
}

std::map<std::string, std::string> ServiceFlags(const std::map<std::string, std::string>& more) {
  std::map<std::string, std::string> flags = {
      {"listen", "127.0.0.1:0"},
      {"coordinator", "127.0.0.1:7420"},
      {"data", ""},
      {"ready-file", ""},
      {"create-store", ""},
  };
  flags.insert(more.begin(), more.end());
  return flags;
}

ShopService::ShopService(const std::string& name, const Flags& flags)
    : name_(name),
      flags_(flags),
      store_(PrepareStore(flags)),
      agent_(AgentOptionsOf(name, flags), &store_) {}

int ShopService::Serve(grpc::Service* service) {
  if (const std::string error = agent_.Start(); !error.empty()) Die(name_ + ": " + error);
  Audit audit(this);
  int port = 0;
  grpc::ServerBuilder builder;
  // Two processes on one port must not both get calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(flags_["listen"], grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(service);
  builder.RegisterService(&audit);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) Die(name_ + ": cannot listen on " + flags_["listen"]);
  WriteReadyFile(flags_["ready-file"], "127.0.0.1:" + std::to_string(port));
  WaitForStopSignal();
  server->Shutdown(DeadlineIn(std::chrono::seconds(2)));
  agent_.Stop();
  return 0;
}

grpc::Status ToStatus(const assent::StoreResult& result, const std::string& below_floor) {
  switch (result.error) {
    case assent::StoreError::kNone:
      return grpc::Status::OK;
    case assent::StoreError::kConflict:
      return {grpc::StatusCode::ABORTED, result.text};
    case assent::StoreError::kBelowFloor:
      return {grpc::StatusCode::FAILED_PRECONDITION, below_floor};
    default:
      return {grpc::StatusCode::UNAVAILABLE, result.text};
  }
}

std::shared_ptr<grpc::Channel> Dial(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

std::chrono::system_clock::time_point DeadlineIn(std::chrono::milliseconds time) {
  return std::chrono::system_clock::now() + time;
}

}  // namespace shop
