#include "tests/integration/bank_world.h"

#include <signal.h>

#include <chrono>
#include <functional>
#include <utility>

#include "core/check.h"
#include "participant/key_value_store_operations.h"
#include "runtime/channel.h"
#include "runtime/clock.h"

namespace assent::testing {
namespace {

constexpr std::array<const char*, 2> kNames{"debit", "credit"};

const char* NameOf(int node) { return kNames[static_cast<std::size_t>(node)]; }

Time Deadline(int seconds) { return MonotonicNow() + Duration::Seconds(seconds); }

void Expect(grpc::ClientContext* context) {
  context->set_wait_for_ready(true);
  context->set_deadline(ToGrpcTime(Deadline(5)));
}

// Each try blocks in a call; there is nothing to wait for in between.
void Await(const char* what, const std::function<bool()>& condition) {
  const Time deadline = Deadline(kPatienceSeconds);
  while (!condition()) {
    ASSENT_CHECK(MonotonicNow() < deadline, what);
  }
}

Arguments Crashing(const std::string& crash) {
  if (crash.empty()) return {};
  return {"/usr/bin/env", "ASSENT_CRASH=" + crash};
}

ClientOptions OptionsFor(const std::string& coordinator) {
  ClientOptions options;
  options.coordinator = coordinator;
  return options;
}

}  // namespace

void Kill(Process* process) {
  if (!process->running()) return;
  process->Signal(SIGKILL);
  process->WaitForExit();
}

BankWorld::BankWorld(BankOptions options)
    : options_(std::move(options)),
      client_(OptionsFor(Socket("c"))),
      admin_(v1::AdminService::NewStub(Dial(Socket("c"), grpc::InsecureChannelCredentials()))) {
  if (options_.log_directory.empty()) options_.log_directory = directory_ / "log";
  StartCoordinator();
  for (const int node : {kDebit, kCredit}) {
    std::string& store = options_.node_directories[static_cast<std::size_t>(node)];
    if (store.empty()) store = directory_ / (std::string(NameOf(node)) + "-data");
    banks_[static_cast<std::size_t>(node)] =
        assent_test::Bank::NewStub(Dial(Socket(NameOf(node)), grpc::InsecureChannelCredentials()));
    StartNode(node);
  }
}

void BankWorld::StartCoordinator(const std::string& crash) {
  Arguments command = Crashing(crash);
  const Arguments plain = CoordinatorCommand();
  command.insert(command.end(), plain.begin(), plain.end());
  if (!created_) command.emplace_back("--create-log");
  created_ = true;
  coordinator_.Start(command, directory_ / "coordinator.out");
}

Arguments BankWorld::CoordinatorCommand() const {
  Arguments command = {ASSENTD, "--listen", Socket("c"), "--coordinator-id", "bank"};
  command.insert(command.end(), {"--data-directory", log_directory()});
  command.insert(command.end(), {"--log-reserve-bytes", options_.log_reserve});
  command.insert(command.end(), options_.coordinator_arguments.begin(),
                 options_.coordinator_arguments.end());
  return command;
}

Arguments BankWorld::NodeCommand(int node) const {
  const std::string name = NameOf(node);
  Arguments command = {BANK_NODE, name, Socket("c"), Socket(name),
                       options_.node_directories[static_cast<std::size_t>(node)]};
  for (int account = 0; account < kAccounts; ++account) {
    command.push_back(std::string(kAccountPrefix) + std::to_string(account) + "=" +
                      std::to_string(kFunds));
  }
  return command;
}

void BankWorld::StartNode(int node, const std::string& crash) {
  Arguments command = Crashing(crash);
  const Arguments plain = NodeCommand(node);
  command.insert(command.end(), plain.begin(), plain.end());
  this->node(node).Start(command, directory_ / (std::string(NameOf(node)) + ".out"));
}

void BankWorld::RestartCoordinator(const std::string& crash) {
  Kill(&coordinator_);
  StartCoordinator(crash);
}

void BankWorld::RestartNode(int node, const std::string& crash) {
  Kill(&this->node(node));
  StartNode(node, crash);
}

bool BankWorld::CoordinatorKnowsBoth() {
  grpc::ClientContext context;
  Expect(&context);
  v1::ListParticipantsResponse response;
  if (!admin_->ListParticipants(&context, {}, &response).ok()) return false;
  int attached = 0;
  for (const v1::ParticipantInfo& participant : response.participants()) {
    attached += participant.attached() ? 1 : 0;
  }
  return attached == 2;
}

bool BankWorld::IsSettled(int node) {
  grpc::ClientContext context;
  Expect(&context);
  assent_test::AuditResponse audit;
  if (!bank(node).Audit(&context, {}, &audit).ok()) return false;
  // Two readings: what was in doubt at the first may be finished at the second.
  if (!audit.attached() || audit.in_doubt() != 0 || audit.unfinished() != 0) return false;
  std::int64_t sum = 0;
  for (const auto& entry : audit.balances()) {
    if (entry.first.substr(0, kAccountPrefix.size()) == kAccountPrefix) sum += entry.second;
  }
  balances_[static_cast<std::size_t>(node)] = sum;
  settled_[static_cast<std::size_t>(node)] = std::move(audit);
  return true;
}

void BankWorld::AwaitAttachedNode(int node) {
  Await("the node attaches", [this, node] {
    grpc::ClientContext context;
    Expect(&context);
    assent_test::AuditResponse audit;
    return bank(node).Audit(&context, {}, &audit).ok() && audit.attached();
  });
}

void BankWorld::AwaitAttached() {
  for (const int node : {kDebit, kCredit}) AwaitAttachedNode(node);
  Await("the coordinator knows both", [this] { return CoordinatorKnowsBoth(); });
}

void BankWorld::AwaitSettled() {
  AwaitAttached();
  for (const int node : {kDebit, kCredit}) {
    Await("nothing stays unfinished", [this, node] { return IsSettled(node); });
  }
}

Transaction BankWorld::NewTransfer(int account, std::int64_t amount) {
  const std::string name = std::string(kAccountPrefix) + std::to_string(account % kAccounts);
  Transaction transaction = client_.Begin();
  transaction.Add(kNames[kDebit], Operations().Add(name, -amount, 0).Encode());
  transaction.Add(kNames[kCredit], Operations().Add(name, amount).Encode());
  return transaction;
}

std::string BankWorld::Output() const {
  std::string all;
  for (const char* name : {"coordinator", "debit", "credit"}) {
    all.append("\n--- ").append(name).append("\n");
    all += ReadFile(directory_ / (std::string(name) + ".out"));
  }
  return all;
}

}  // namespace assent::testing
