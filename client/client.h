// The initiator's library: begin a transaction, call services, commit, and get one of three
// answers.
//
//   assent::Client client({.coordinator = "127.0.0.1:7420"});
//   assent::Transaction transaction = client.Begin();
//   grpc::ClientContext context;
//   transaction.Join(&context);             // the called service takes part
//   ... call services ...
//   assent::CommitReport report = transaction.Commit();
//   if (report.outcome == assent::Outcome::kUnknown) ... client.Get(report.id) later ...
//
// Threads: Client is thread-safe; a Transaction belongs to one thread at a time. The client has one
// thread of its own, which completes asynchronous commits: their callbacks must not block.
// Ownership: a Client must outlive its transactions. Its destructor ends what is under way as
// UNKNOWN.
#pragma once

#include <grpcpp/client_context.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/messages.h"

namespace assent {

class ClientCore;

// Metadata key under which a call carries its transaction's id.
inline constexpr char kTransactionMetadata[] = "assent-transaction";

struct ClientOptions {
  std::string coordinator = "127.0.0.1:7420";  // a gRPC target
  // Of each transaction, from its opening until Commit; 0: the coordinator's default.
  std::chrono::milliseconds transaction_timeout{0};
  // How long a call of this library may wait for the coordinator, reconnecting meanwhile.
  std::chrono::milliseconds call_timeout{30'000};
  std::uint32_t ids_per_block = 1'000;  // transactions begun without a round trip
};

// What became of a transaction, as far as is known.
struct CommitReport {
  std::string id;
  Outcome outcome = Outcome::kUnknown;  // kUnknown: ask again by id; it is not an abort
  TransactionState state = TransactionState::kActive;
  bool read_only = false;  // committed, and nothing changed anywhere
  AbortReason abort_reason = AbortReason::kNone;
  std::string participant;              // which one the abort or the error is about, or empty
  std::string text;                     // of a no: its reason
  std::vector<std::string> unfinished;  // committed: participants that have not acknowledged yet
  // Why the question could not be answered (then the outcome is kUnknown), or kNone:
  // OUTCOME_EXPIRED, DIFFERENT_REQUEST, …
  Reason error = Reason::kNone;
  std::string error_text;
};

struct CommitOptions {
  WaitFor wait_for = WaitFor::kCompletion;
  std::optional<std::uint32_t> expected_branches;  // another number aborts
  std::chrono::milliseconds timeout{0};            // 0: the client's call_timeout
};

// A handle on one transaction; movable, not copyable. Dropped before Commit, it aborts.
class Transaction {
 public:
  Transaction() = default;  // holds nothing: valid() is false
  ~Transaction();
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&& other) noexcept;

  // False if no id could be had in time: the coordinator cannot be reached, or refuses. error()
  // says why.
  bool valid() const { return core_ != nullptr; }
  Reason error() const { return error_; }
  const std::string& error_text() const { return error_text_; }
  const std::string& id() const { return text_; }

  // Makes a call carry the transaction, so that the called service takes part. Who passes id() on
  // in another way should give Commit the number of branches to expect.
  void Join(grpc::ClientContext* context);

  // Adds a branch without calling: `payload` travels to the participant with Prepare. One branch
  // per participant.
  void Add(std::string participant, std::string payload);

  // Asks for commit and waits. After a broken connection it asks again, by id, until the timeout;
  // then it gives up with kUnknown. The handle is spent.
  //
  // For a second after the coordinator has refused a commit with TOO_MANY_TRANSACTIONS, more than
  // it lets in are refused by the client itself, after 5 ms: those that list that participant by
  // Add, were not joined, and expect no number of branches. They have aborted; try again later.
  CommitReport Commit(const CommitOptions& options = {});

  // The same without waiting; `done` is called once, on the client's thread.
  void CommitAsync(std::function<void(CommitReport)> done, const CommitOptions& options = {});

  // Aborts, and waits for the answer. The handle is spent.
  CommitReport Abort();

 private:
  friend class Client;
  Transaction(ClientCore* core, const TransactionId& id);
  Transaction(Reason error, std::string text);

  CommitRequest TakeRequest(const CommitOptions& options);
  void AbortIfOpen();

  ClientCore* core_ = nullptr;
  TransactionId id_;
  std::string text_;
  std::vector<BranchRequest> branches_;
  bool joined_ = false;  // something may have been opened under the id
  Reason error_ = Reason::kNone;
  std::string error_text_;
};

class Client {
 public:
  // Connects in the background; never fails.
  explicit Client(ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Takes an id; blocks only while none is at hand (before the first connection, or after a loss),
  // at most call_timeout.
  Transaction Begin();

  // What became of that transaction. Waits, asking again, at most call_timeout.
  CommitReport Get(std::string_view id);

  // Aborts a transaction by id.
  CommitReport Abort(std::string_view id);

 private:
  std::unique_ptr<ClientCore> core_;
};

}  // namespace assent
