#include "tools/bench/postgres_scenarios.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tools/bench/payload_rig.h"
#include "tools/bench/postgres_server.h"
#include "tools/bench/postgres_session.h"

namespace assent::bench {
namespace {

// Each in flight takes two connections, a process each.
constexpr int kMostSessions = 128;

// The first value of the answer; nothing if it failed.
std::optional<std::string> Query(const PostgresServer& server, const std::string& database,
                                 const std::string& query) {
  PGconn* const connection = PQconnectdb(server.ConnectTo(database).c_str());
  PGresult* const result = PQexec(connection, query.c_str());
  std::optional<std::string> value;
  if (PQresultStatus(result) == PGRES_COMMAND_OK) value = "";
  if (PQresultStatus(result) == PGRES_TUPLES_OK) value = PQgetvalue(result, 0, 0);
  PQclear(result);
  PQfinish(connection);
  return value;
}

class PostgresRig final : public Rig {
 public:
  std::string Start(Completions* completions) override {
    completions_ = completions;
    std::string error = server_.Start();
    for (std::size_t i = 0; error.empty() && i < kDatabases; ++i) error = Fill(DatabaseName(i));
    return error;
  }

  void Begin(int slot) override {
    std::unique_ptr<PostgresSession>& session = sessions_[slot];
    if (session == nullptr) session = std::make_unique<PostgresSession>(server_, slot);
    std::vector<BankOperation> operations = bank_.Next();
    std::int64_t change = 0;
    for (const BankOperation& operation : operations) change += operation.change;
    session->Begin(std::move(operations), [this, slot, change](bool committed) {
      if (committed) expected_sum_ += change;
      completions_->Add(slot, committed ? Ending::kCommitted : Ending::kAborted);
    });
  }

  std::vector<Part> Parts() const override {
    std::vector<Part> parts = server_.Parts();
    parts.push_back({"initiator", getpid(), ""});
    return parts;
  }
  WorkDone Done() override { return {}; }

  std::string Check() override {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < kDatabases; ++i) {
      const auto one = Query(server_, DatabaseName(i), "SELECT sum(amount) FROM accounts");
      if (!one) return "the accounts in " + DatabaseName(i) + " cannot be read";
      sum += std::strtoll(one->c_str(), nullptr, 10);
    }
    return CompareSums(expected_sum_, sum);
  }

 private:
  std::string Fill(const std::string& database) {
    const std::string customers = std::to_string(SmallBank::kCustomers - 1);
    const bool filled =
        Query(server_, "postgres", "CREATE DATABASE " + database) &&
        Query(server_, database,
              "CREATE TABLE accounts (name text PRIMARY KEY, amount bigint NOT NULL CHECK (amount "
              ">= " +
                  std::to_string(SmallBank::kFloor) + "))") &&
        Query(server_, database,
              "INSERT INTO accounts SELECT kind || customer, 0 FROM generate_series(0, " +
                  customers + ") customer, (VALUES ('checking'), ('savings')) kinds (kind)") &&
        Query(server_, database, "VACUUM ANALYZE accounts");
    return filled ? "" : "cannot make the accounts in " + database;
  }

  Completions* completions_ = nullptr;
  SmallBank bank_{1};
  std::atomic<std::int64_t> expected_sum_ = 0;
  PostgresServer server_;
  std::map<int, std::unique_ptr<PostgresSession>> sessions_;
};

std::vector<LoadCase> PostgresLoads(const Settings& settings, Report* report) {
  if (PostgresServer::Programs().empty()) {
    report->Say("postgres is left out: PostgreSQL is not installed (Debian: postgresql)");
    return {};
  }
  const auto& wanted = settings.concurrencies;
  if (std::any_of(wanted.begin(), wanted.end(), [](int c) { return c > kMostSessions; })) {
    report->Say("postgres is measured with at most " + std::to_string(kMostSessions) +
                " sessions in flight");
  }
  LoadCase load_case;
  load_case.labels = {{"databases", kDatabases}};
  load_case.rig = [] { return std::make_unique<PostgresRig>(); };
  load_case.most_in_flight = kMostSessions;
  return {load_case};
}

}  // namespace

std::vector<Scenario> PostgresScenarios() {
  Scenario scenario = LoadScenario(
      "postgres", "SmallBank by hand over two PostgreSQL databases, to compare with kv",
      PostgresLoads);
  scenario.open_loop = false;
  return {scenario};
}

}  // namespace assent::bench
