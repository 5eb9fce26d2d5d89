// A participant as a process: a key-value store of balances, an agent, and a service for tests.
//
//   bank_node NAME COORDINATOR LISTEN DIRECTORY [ACCOUNT=AMOUNT ...]
//
// A store that is not there is made and funded before anything else. SIGTERM ends it in order.
#include <glog/logging.h>
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "assent_test/bank.grpc.pb.h"
#include "participant/agent.h"
#include "participant/agent_state.h"
#include "participant/key_value_store.h"
#include "runtime/channel.h"
#include "runtime/crash_point.h"
#include "runtime/mutex.h"
#include "runtime/stop_signal.h"

namespace assent {
namespace {

using Funds = std::vector<std::pair<std::string, std::string>>;

class BankService final : public assent_test::Bank::Service {
 public:
  BankService(KeyValueStore* store, Agent* agent) : store_(store), agent_(agent) {}

  grpc::Status Add(grpc::ServerContext* context, const assent_test::AddRequest* request,
                   assent_test::AddResponse* response) override {
    Enlistment work = agent_->Enlist(*context);
    if (!work.ok()) return work.ToStatus();
    const StoreResult added =
        store_->Branch(work.transaction()).Add(request->account(), request->delta(), 0);
    if (!added.ok()) return {grpc::StatusCode::FAILED_PRECONDITION, added.text};
    response->set_balance(std::stoll(*added.value));
    return work.Wait();
  }

  grpc::Status Audit(grpc::ServerContext* context, const assent_test::AuditRequest*,
                     assent_test::AuditResponse* response) override {
    const auto wait = std::chrono::milliseconds(1'000);
    response->set_attached(!context->IsCancelled() && agent_->WaitUntilAttached(wait));
    response->set_in_doubt(agent_->in_doubt());
    response->set_unfinished(agent_->branches().size());
    response->set_committed(agent_->counts().committed);
    const StoreResult scan =
        store_->ScanCommitted("", [response](std::string_view key, std::string_view value) {
          (*response->mutable_balances())[std::string(key)] = std::stoll(std::string(value));
        });
    return scan.ok() ? grpc::Status::OK : grpc::Status(grpc::StatusCode::INTERNAL, scan.text);
  }

 private:
  KeyValueStore* const store_;
  Agent* const agent_;
};

// Waits for the steps that are handed over one at a time.
class Funder {
 public:
  ResourceHandlers Handlers() {
    ResourceHandlers handlers;
    handlers.completed = [this](std::vector<ResourceCompletion> completions) {
      MutexLock lock(&mutex_);
      completed_ += completions.size();
      changed_.NotifyAll();
    };
    handlers.failed = [](const std::string& error) { LOG(FATAL) << error; };
    return handlers;
  }

  void Do(KeyValueStore* store, ResourceStep step) {
    MutexLock lock(&mutex_);
    const std::size_t wanted = completed_ + 1;
    store->Submit({std::move(step)});
    while (completed_ < wanted) changed_.Wait(&mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::size_t completed_ = 0;
};

// Made under another name and renamed when whole: a death on the way leaves nothing.
void Make(const std::string& directory, const Funds& funds) {
  KeyValueStoreOptions options;
  options.directory = directory + ".new";
  options.reserve_bytes = 0;
  std::filesystem::remove_all(options.directory);
  CHECK_EQ(KeyValueStore::Create(options, DrawStoreId()), "");
  {
    Funder funder;
    KeyValueStore store(options);
    CHECK_EQ(store.Start(funder.Handlers()).error, "");
    Operations operations;
    for (const auto& fund : funds) operations.Put(fund.first, fund.second);
    const TransactionId id{*CoordinatorId::Parse("funding"), {1, 1}};
    funder.Do(&store, PrepareStep{id, operations.Encode(), {}});
    funder.Do(&store, CommitStep{id});
    store.Stop();
  }
  std::filesystem::rename(options.directory, directory);
}

int Serve(const std::vector<std::string>& arguments, const Funds& funds) {
  StopSignal stop;  // before any thread
  const std::string& directory = arguments[3];
  if (!std::filesystem::exists(directory)) Make(directory, funds);
  KeyValueStoreOptions store_options;
  store_options.directory = directory;
  store_options.reserve_bytes = 0;
  KeyValueStore store(store_options);
  AgentOptions options;
  options.name = arguments[0];
  options.coordinators = {arguments[1]};
  Agent agent(options, &store);
  const std::string error = agent.Start();
  CHECK_EQ(error, "");
  BankService service(&store, &agent);
  grpc::ServerBuilder builder;
  ApplyServerSettings(&builder);
  builder.AddListeningPort(arguments[2], grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  CHECK(server != nullptr) << "cannot listen on " << arguments[2];
  stop.Wait();
  server->Shutdown();
  agent.Stop();
  return 0;
}

}  // namespace
}  // namespace assent

int main(int argc, char** argv) {
  FLAGS_logtostderr = true;
  google::InitGoogleLogging("bank_node");
  const std::string refusal = assent::RefuseCrashSwitch();
  CHECK_EQ(refusal, "");
  CHECK_GE(argc, 5) << "bank_node NAME COORDINATOR LISTEN DIRECTORY [ACCOUNT=AMOUNT ...]";
  assent::Funds funds;
  for (int i = 5; i < argc; ++i) {
    const std::string text = argv[i];
    const std::size_t equals = text.find('=');
    CHECK_NE(equals, std::string::npos) << text;
    funds.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return assent::Serve(std::vector<std::string>(argv + 1, argv + argc), funds);
}
