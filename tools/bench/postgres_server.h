// A PostgreSQL server of the benchmark's own: a fresh cluster in a temporary directory, on a unix
// socket.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/bench/child.h"
#include "tools/bench/machine.h"
#include "tools/bench/rig.h"

namespace assent::bench {

class PostgresServer {
 public:
  PostgresServer();

  // Where the newest installed version's programs are; empty: none is installed.
  static std::string Programs();

  // Empty, or why it cannot run. Blocks until it answers. The server refuses to run as root: it
  // then runs as "postgres", or "nobody".
  std::string Start();

  // A connection string for libpq.
  std::string ConnectTo(const std::string& database) const;
  std::vector<Part> Parts() const;  // all of its processes, role "database"

 private:
  std::string Own() const;
  std::vector<std::string> AsUser(const std::vector<std::string>& command) const;

  ScratchDirectory directory_;
  std::string user_;  // empty: the caller's
  std::unique_ptr<Child> server_;
};

}  // namespace assent::bench
