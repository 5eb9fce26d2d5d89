// The coordinator, and participants beside it, each a process with a log of its own, on loopback.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "assent/v1/admin_service.grpc.pb.h"
#include "tools/bench/child.h"
#include "tools/bench/machine.h"
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
  const Child& child() const { return *child_; }

  // Block. Empty if it does not answer.
  v1::GetStatusResponse Status() const;
  v1::ListParticipantsResponse Participants() const;

 private:
  std::string AwaitServing(const std::string& ready);

  const ScratchDirectory* const directory_;
  std::string address_ = "127.0.0.1:0";
  bool created_ = false;
  std::unique_ptr<Child> child_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

// What a role answers to `question`: "syncs" that it made, "sum" of the numbers in its store.
std::int64_t AskNumber(Child* child, const std::string& question);

// Names of `count` participants: p1, p2, …
std::vector<std::string> ParticipantNames(int count);

// One coordinator and participants of one role.
class Cluster {
 public:
  Cluster() : coordinator_(&directory_) {}

  // Empty, or why it cannot be started. `role` has the arguments of "participant". Blocks until all
  // are ready.
  std::string Start(int participants, const std::string& role = "participant",
                    const Arguments& coordinator_flags = {});

  // The same with participants of role "unary-participant", which the coordinator dials.
  std::string StartUnary(int participants);

  CoordinatorProcess* coordinator() { return &coordinator_; }
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::unique_ptr<Child>>& participants() const { return participants_; }

  std::vector<Part> Parts() const;  // this process as the initiator
  WorkDone Done();
  std::int64_t SumOfStores();

 private:
  // What each said when it was ready goes to `greetings`.
  std::string StartParticipants(int count, const std::string& role, const std::string& coordinator,
                                std::vector<std::string>* greetings);

  ScratchDirectory directory_;
  CoordinatorProcess coordinator_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<Child>> participants_;
};

}  // namespace assent::bench
