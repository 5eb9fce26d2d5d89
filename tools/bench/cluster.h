// The coordinator, and participants beside it, each a process with a log of its own, on loopback.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/bench/admin.h"
#include "tools/bench/child.h"
#include "tools/bench/machine.h"
#include "tools/bench/participant_processes.h"
#include "tools/bench/rig.h"
#include "tools/bench/role.h"

namespace assent::bench {

// The real `assentd`, beside this program.
class CoordinatorProcess {
 public:
  explicit CoordinatorProcess(const ScratchDirectory* directory) : directory_(directory) {}

  // Empty, or why it does not serve. Blocks until it does. On the log of the life before, if there
  // was one, and at the same address.
  std::string Start(const Arguments& flags = {});
  // SIGKILL.
  void Kill() { child_.reset(); }

  const std::string& address() const { return address_; }
  pid_t pid() const { return child_->pid(); }
  std::string log_directory() const { return *directory_ / "log"; }
  const Admin& admin() const { return *admin_; }

 private:
  std::string AwaitServing(const std::string& ready);

  const ScratchDirectory* const directory_;
  std::string address_ = "127.0.0.1:0";
  bool created_ = false;
  std::unique_ptr<Child> child_;
  std::unique_ptr<Admin> admin_;
};

// One coordinator and participants of one role.
class Cluster {
 public:
  Cluster() : coordinator_(&directory_) {}

  // Empty, or why it cannot be started. Blocks until all are attached.
  std::string Start(int participants, const std::string& role = "participant");
  // The same with participants of role "unary-participant", which the coordinator dials.
  std::string StartUnary(int participants);

  CoordinatorProcess* coordinator() { return &coordinator_; }
  const CoordinatorProcess& coordinator() const { return coordinator_; }
  ParticipantProcesses* participants() { return &participants_; }
  const std::vector<std::string>& names() const { return participants_.names(); }

  std::vector<Part> Parts() const;
  WorkDone Done() const;

 private:
  std::string WriteConfiguration() const;

  ScratchDirectory directory_;
  CoordinatorProcess coordinator_;
  ParticipantProcesses participants_;
};

}  // namespace assent::bench
