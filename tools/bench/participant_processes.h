// The processes beside a coordinator: participants of one role, each with a store of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tools/bench/child.h"
#include "tools/bench/machine.h"
#include "tools/bench/rig.h"

namespace assent::bench {

// Names of `count` participants: p1, p2, …
std::vector<std::string> ParticipantNames(int count);

// One thread at a time.
class ParticipantProcesses {
 public:
  // Empty, or why they cannot run. `role` takes NAME DIRECTORY COORDINATOR (tools/bench/role.h).
  // Blocks until all are ready.
  std::string Start(int count, const std::string& role, const std::string& coordinator);
  void Kill() { children_.clear(); }
  // Another process in the place of one that has been killed, on its directory; blocks until it is
  // ready. Empty, or why it is not.
  std::string Restart(std::size_t participant);

  const std::vector<std::string>& names() const { return names_; }
  // Of those that serve, in the order of names.
  const std::vector<std::string>& addresses() const { return addresses_; }
  const std::vector<std::unique_ptr<Child>>& children() const { return children_; }

  std::vector<Part> Parts() const;  // and this process, as the initiator
  std::uint64_t Syncs() const;
  std::int64_t Sum() const;  // of the numbers in all stores
  std::int64_t SumOf(std::size_t participant) const;

 private:
  void Launch(std::size_t participant);
  // Empty, or why it is not ready.
  std::string AwaitReady(std::size_t participant);

  std::string role_;
  std::string coordinator_;
  ScratchDirectory directory_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<Child>> children_;
  std::vector<std::string> addresses_;
};

}  // namespace assent::bench
