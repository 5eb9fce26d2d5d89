// One session of a program that commits over two PostgreSQL databases by hand.
//
// Work in both databases: each gets BEGIN, its statements and PREPARE TRANSACTION as one message,
// both at once; then both get COMMIT PREPARED at once. Work in one only: an ordinary transaction.
// There is no record of the decision: a program that dies between the two steps leaves prepared
// transactions behind that nobody can decide. A safe one would sync once more.
#pragma once

#include <libpq-fe.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/mutex.h"
#include "tools/bench/postgres_server.h"
#include "tools/bench/small_bank.h"

namespace assent::bench {

inline constexpr std::size_t kDatabases = 2;

// "bench1", "bench2".
std::string DatabaseName(std::size_t database);

// With a thread of its own.
class PostgresSession {
 public:
  using Done = std::function<void(bool committed)>;  // on the session's thread

  PostgresSession(const PostgresServer& server, int number);
  ~PostgresSession();  // finishes what is under way
  PostgresSession(const PostgresSession&) = delete;
  PostgresSession& operator=(const PostgresSession&) = delete;

  // Does not block. The one before has ended.
  void Begin(std::vector<BankOperation> operations, Done done);

 private:
  using Queries = std::array<std::string, kDatabases>;  // empty: nothing for that database
  using Results = std::array<bool, kDatabases>;

  void Run();
  bool Commit(const std::vector<BankOperation>& operations);
  bool CommitInBoth(const Queries& work);
  // Sends each its query, then waits for both. True: done.
  Results Ask(const Queries& queries);

  const int number_;
  std::uint64_t transactions_ = 0;
  std::array<PGconn*, kDatabases> connections_ = {};

  Mutex mutex_;
  CondVar changed_;
  bool ending_ ASSENT_GUARDED_BY(mutex_) = false;
  std::vector<BankOperation> operations_ ASSENT_GUARDED_BY(mutex_);
  Done done_ ASSENT_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace assent::bench
