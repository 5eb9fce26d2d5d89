// A bank of real processes: assentd, and two bank_nodes, "debit" and "credit", with accounts that
// begin with the same amount each.
//
// The addresses are sockets in a directory of its own, so that each process comes back where it
// was. Every wait ends: by a condition, or by a deadline that fails the test.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "assent/v1/admin_service.grpc.pb.h"
#include "assent_test/bank.grpc.pb.h"
#include "client/client.h"
#include "tests/daemon/daemon_process.h"
#include "tests/integration/bank_accounts.h"
#include "tests/support/temporary_directory.h"

namespace assent::testing {

// Where a world differs from the ordinary one. What is empty is in a directory of its own.
struct BankOptions {
  std::string log_directory;
  std::array<std::string, 2> node_directories;
  std::string log_reserve = "0B";
  Arguments coordinator_arguments;  // more of assentd's
};

class BankWorld {
 public:
  static constexpr int kDebit = 0;
  static constexpr int kCredit = 1;

  explicit BankWorld(BankOptions options = {});

  // `crash`: a crash point, with its pass; empty for none.
  void StartCoordinator(const std::string& crash = "");
  // What starts it: to be run under another program, or with more arguments.
  Arguments CoordinatorCommand() const;
  Arguments NodeCommand(int node) const;
  void StartNode(int node, const std::string& crash = "");
  Process& coordinator() { return coordinator_; }
  Process& node(int node) { return nodes_[static_cast<std::size_t>(node)]; }
  // Kills what runs, and starts it again.
  void RestartCoordinator(const std::string& crash = "");
  void RestartNode(int node, const std::string& crash = "");

  // Until the node is attached to whomever it dials.
  void AwaitAttachedNode(int node);
  // Until the coordinator knows both nodes, and they it.
  void AwaitAttached();
  // Until both nodes have nothing unfinished; then their balances.
  void AwaitSettled();
  std::int64_t Balance(int node) const { return balances_[static_cast<std::size_t>(node)]; }
  // All that the node held then, accounts and others.
  const assent_test::AuditResponse& Settled(int node) const {
    return settled_[static_cast<std::size_t>(node)];
  }

  // A transfer by payload.
  Transaction NewTransfer(int account, std::int64_t amount);

  const std::string& log_directory() const { return options_.log_directory; }
  const TemporaryDirectory& directory() const { return directory_; }
  std::string address() const { return Socket("c"); }
  Client& client() { return client_; }
  assent_test::Bank::Stub& bank(int node) { return *banks_[static_cast<std::size_t>(node)]; }
  std::string Output() const;

 private:
  std::string Socket(const std::string& name) const { return "unix:" + (directory_ / name); }
  bool IsSettled(int node);
  bool CoordinatorKnowsBoth();

  TemporaryDirectory directory_;
  BankOptions options_;
  Process coordinator_;
  std::array<Process, 2> nodes_;
  bool created_ = false;
  Client client_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
  std::array<std::unique_ptr<assent_test::Bank::Stub>, 2> banks_;
  std::array<std::int64_t, 2> balances_{};
  std::array<assent_test::AuditResponse, 2> settled_;
};

// Kills it, unless it is gone.
void Kill(Process* process);

}  // namespace assent::testing
