#include "tools/bench/postgres_session.h"

#include <utility>

namespace assent::bench {
namespace {

std::string StatementOf(const BankOperation& operation) {
  const std::string where = " WHERE name = '" + operation.account + "'";
  if (operation.change == 0) return "SELECT amount FROM accounts" + where + ";";
  return "UPDATE accounts SET amount = amount + " + std::to_string(operation.change) + where + ";";
}

// Takes all results of one message. False: one of them is an error.
bool TakeResults(PGconn* connection) {
  bool ok = true;
  while (PGresult* const result = PQgetResult(connection)) {
    const ExecStatusType status = PQresultStatus(result);
    ok = ok && (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK);
    PQclear(result);
  }
  return ok;
}

}  // namespace

std::string DatabaseName(std::size_t database) { return "bench" + std::to_string(database + 1); }

PostgresSession::PostgresSession(const PostgresServer& server, int number) : number_(number) {
  for (std::size_t i = 0; i < kDatabases; ++i) {
    connections_[i] = PQconnectdb(server.ConnectTo(DatabaseName(i)).c_str());
  }
  thread_ = std::thread([this] { Run(); });
}

PostgresSession::~PostgresSession() {
  {
    MutexLock lock(&mutex_);
    ending_ = true;
    changed_.NotifyOne();
  }
  thread_.join();
  for (PGconn* const connection : connections_) PQfinish(connection);
}

void PostgresSession::Begin(std::vector<BankOperation> operations, Done done) {
  MutexLock lock(&mutex_);
  operations_ = std::move(operations);
  done_ = std::move(done);
  changed_.NotifyOne();
}

void PostgresSession::Run() {
  while (true) {
    std::vector<BankOperation> operations;
    Done done;
    {
      MutexLock lock(&mutex_);
      while (!done_ && !ending_) changed_.Wait(&mutex_);
      if (!done_) return;
      operations = std::move(operations_);
      done = std::exchange(done_, nullptr);
    }
    done(Commit(operations));
  }
}

bool PostgresSession::Commit(const std::vector<BankOperation>& operations) {
  Queries work;
  for (const BankOperation& operation : operations) {
    work[operation.store] += StatementOf(operation);
  }
  if (!work[0].empty() && !work[1].empty()) return CommitInBoth(work);
  const std::size_t only = work[0].empty() ? 1 : 0;
  Queries queries;
  queries[only] = "BEGIN;" + work[only] + "COMMIT";
  if (Ask(queries)[only]) return true;
  queries[only] = "ROLLBACK";
  Ask(queries);
  return false;
}

bool PostgresSession::CommitInBoth(const Queries& work) {
  const std::string id =
      "'bench-" + std::to_string(number_) + "-" + std::to_string(++transactions_) + "'";
  Queries queries;
  for (std::size_t i = 0; i < kDatabases; ++i) {
    queries[i] = "BEGIN;" + work[i] + "PREPARE TRANSACTION " + id;
  }
  const Results prepared = Ask(queries);
  const bool commits = prepared[0] && prepared[1];
  for (std::size_t i = 0; i < kDatabases; ++i) {
    queries[i] =
        commits ? "COMMIT PREPARED " + id : (prepared[i] ? "ROLLBACK PREPARED " + id : "ROLLBACK");
  }
  const Results ended = Ask(queries);
  return commits && ended[0] && ended[1];
}

PostgresSession::Results PostgresSession::Ask(const Queries& queries) {
  Results sent = {};
  for (std::size_t i = 0; i < kDatabases; ++i) {
    sent[i] = !queries[i].empty() && PQsendQuery(connections_[i], queries[i].c_str()) == 1;
  }
  Results done = {};
  for (std::size_t i = 0; i < kDatabases; ++i) done[i] = sent[i] && TakeResults(connections_[i]);
  return done;
}

}  // namespace assent::bench
