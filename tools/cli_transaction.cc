#include "tools/cli_transaction.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "assent/v1/admin_service.grpc.pb.h"
#include "assent/v1/transaction_service.grpc.pb.h"
#include "coordinator/configuration_values.h"
#include "core/ids.h"
#include "tools/cli_remote.h"
#include "tools/cli_text.h"

namespace assent::cli {
namespace {

constexpr std::uint64_t kMaxPage = 1000;

// "COMMITTED" of TRANSACTION_STATE_COMMITTED; a number for what this version does not know.
std::string Short(const std::string& name, int value, std::string_view prefix) {
  return name.empty() ? std::to_string(value) : name.substr(prefix.size());
}

std::string NameOf(v1::TransactionState state) {
  return Short(v1::TransactionState_Name(state), state, "TRANSACTION_STATE_");
}
std::string NameOf(v1::BranchState state) {
  return Short(v1::BranchState_Name(state), state, "BRANCH_STATE_");
}
std::string NameOf(v1::AbortReason reason) {
  return Short(v1::AbortReason_Name(reason), reason, "ABORT_REASON_");
}
std::string NameOf(v1::Outcome outcome) {
  return Short(v1::Outcome_Name(outcome), outcome, "OUTCOME_");
}

// The largest units first, not more exact than a person needs.
std::string AgeOf(std::int64_t micros) {
  constexpr std::uint64_t kSecond = 1'000'000;
  const auto age = static_cast<std::uint64_t>(std::max<std::int64_t>(micros, 0));
  if (age < kSecond) return FormatDuration(age / 1000 * 1000);
  const std::uint64_t seconds = age / kSecond;
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) {
    return std::to_string(seconds / 60) + "m" + std::to_string(seconds % 60) + "s";
  }
  return std::to_string(seconds / 3600) + "h" + std::to_string(seconds / 60 % 60) + "m";
}

std::string StateOf(const v1::TransactionInfo& info) {
  std::string text = NameOf(info.state());
  if (info.read_only()) text += " (read-only)";
  if (info.abort_reason() != v1::ABORT_REASON_UNSPECIFIED) {
    text += " (" + NameOf(info.abort_reason()) + ")";
  }
  return text;
}

std::string BranchesOf(const v1::TransactionInfo& info) {
  std::string text;
  for (const v1::BranchInfo& branch : info.branches()) {
    if (!text.empty()) text += ", ";
    text += branch.participant() + " " + NameOf(branch.state());
    if (!branch.attached()) text += " (not attached)";
  }
  return text.empty() ? "-" : text;
}

std::string DescribeList(const v1::ListTransactionsResponse& list) {
  std::vector<std::vector<std::string>> rows = {{"TRANSACTION", "STATE", "AGE", "BRANCHES"}};
  for (const v1::TransactionInfo& info : list.transactions()) {
    rows.push_back({info.transaction_id(), StateOf(info), AgeOf(info.age_us()), BranchesOf(info)});
  }
  std::string text = Table(rows);
  if (!list.next_page_token().empty()) text += "There are more; --limit says how many to list.\n";
  return text;
}

std::string DescribeOutcome(const std::string& id, const v1::TransactionOutcome& outcome) {
  std::string text = "transaction  " + Printable(id) + "\noutcome      " +
                     NameOf(outcome.outcome()) + "\nstate        " + NameOf(outcome.state()) + "\n";
  if (outcome.read_only()) text += "read-only    nothing was changed anywhere\n";
  if (outcome.abort_reason() != v1::ABORT_REASON_UNSPECIFIED) {
    text += "reason       " + NameOf(outcome.abort_reason()) + "\n";
  }
  if (!outcome.participant().empty()) {
    text += "participant  " + Printable(outcome.participant()) + "\n";
  }
  if (!outcome.text().empty()) text += "text         " + Printable(outcome.text()) + "\n";
  for (const std::string& participant : outcome.unfinished_participants()) {
    text += "waits for    " + Printable(participant) + "\n";
  }
  return text;
}

Exit ExitOf(const v1::TransactionOutcome& outcome) {
  if (outcome.outcome() == v1::OUTCOME_COMMITTED) return Exit::kDone;
  return outcome.outcome() == v1::OUTCOME_ABORTED ? Exit::kAborted : Exit::kUnknown;
}

template <class Response>
Exit EmitOutcome(const Command& command, const Response& response, Exit code) {
  if (command.format == Format::kJson) return Emit(Json(response), code);
  return Emit(DescribeOutcome(response.transaction_id(), response.outcome()), code);
}

// The calls about one transaction.
class Transactions {
 public:
  explicit Transactions(const Command& command)
      : command_(command), stub_(v1::TransactionService::NewStub(Connect(command))) {}

  bool IsIdValid() const { return TransactionId::Parse(command_.transaction).has_value(); }

  grpc::Status Get(v1::GetTransactionResponse* response) {
    v1::GetTransactionRequest request;
    request.set_transaction_id(command_.transaction);
    grpc::ClientContext context;
    SetDeadline(command_, &context);
    return stub_->GetTransaction(&context, request, response);
  }

  grpc::Status Commit(v1::CommitTransactionResponse* response) {
    v1::CommitTransactionRequest request;
    request.set_transaction_id(command_.transaction);
    request.set_call_timeout_us(TimeForAnswer(command_).micros);
    grpc::ClientContext context;
    SetDeadline(command_, &context);
    return stub_->CommitTransaction(&context, request, response);
  }

  grpc::Status Abort(v1::AbortTransactionResponse* response) {
    v1::AbortTransactionRequest request;
    request.set_transaction_id(command_.transaction);
    request.set_by_operator(true);
    grpc::ClientContext context;
    SetDeadline(command_, &context);
    return stub_->AbortTransaction(&context, request, response);
  }

 private:
  const Command& command_;
  std::unique_ptr<v1::TransactionService::Stub> stub_;
};

Exit ComplainAboutId(const Command& command) {
  return Complain("\"" + command.transaction +
                      "\" is not a transaction id; they look like COORDINATOR-EPOCH-NUMBER, "
                      "assent transaction list shows them",
                  Exit::kUsage);
}

// Checks the id and asks for the outcome; kDone: go on.
Exit AskFirst(const Command& command, Transactions* transactions,
              v1::GetTransactionResponse* response) {
  if (!transactions->IsIdValid()) return ComplainAboutId(command);
  const grpc::Status status = transactions->Get(response);
  return status.ok() ? Exit::kDone : ComplainAbout(command, status);
}

// One page appended to `list`.
grpc::Status ListPage(const Command& command, v1::AdminService::Stub* stub,
                      v1::ListTransactionsResponse* list) {
  const auto have = static_cast<std::uint64_t>(list->transactions_size());
  v1::ListTransactionsRequest request;
  request.set_page_size(static_cast<std::uint32_t>(std::min(kMaxPage, command.limit - have)));
  request.set_page_token(list->next_page_token());
  request.set_unfinished_only(command.unfinished_only);
  grpc::ClientContext context;
  SetDeadline(command, &context);
  v1::ListTransactionsResponse page;
  const grpc::Status status = stub->ListTransactions(&context, request, &page);
  list->clear_next_page_token();
  list->MergeFrom(page);
  return status;
}

}  // namespace

Exit ListTransactions(const Command& command) {
  const auto stub = v1::AdminService::NewStub(Connect(command));
  v1::ListTransactionsResponse list;
  do {
    const grpc::Status status = ListPage(command, stub.get(), &list);
    if (!status.ok()) return ComplainAbout(command, status);
  } while (!list.next_page_token().empty() &&
           static_cast<std::uint64_t>(list.transactions_size()) < command.limit);
  if (command.format == Format::kJson) return Emit(Json(list), Exit::kDone);
  return Emit(DescribeList(list), Exit::kDone);
}

Exit ShowTransaction(const Command& command) {
  Transactions transactions(command);
  v1::GetTransactionResponse response;
  const Exit asked = AskFirst(command, &transactions, &response);
  if (asked != Exit::kDone) return asked;
  return EmitOutcome(command, response, ExitOf(response.outcome()));
}

Exit CommitTransaction(const Command& command) {
  Transactions transactions(command);
  v1::GetTransactionResponse before;
  const Exit asked = AskFirst(command, &transactions, &before);
  if (asked != Exit::kDone) return asked;
  v1::CommitTransactionResponse response;
  const grpc::Status status = transactions.Commit(&response);
  if (!status.ok()) return ComplainAboutChange(command, status);
  return EmitOutcome(command, response, ExitOf(response.outcome()));
}

Exit AbortTransaction(const Command& command) {
  Transactions transactions(command);
  v1::GetTransactionResponse before;
  const Exit asked = AskFirst(command, &transactions, &before);
  if (asked != Exit::kDone) return asked;
  v1::AbortTransactionResponse response;
  const grpc::Status status = transactions.Abort(&response);
  if (!status.ok()) return ComplainAboutChange(command, status);
  const Exit outcome = ExitOf(response.outcome());
  if (outcome == Exit::kAborted) return EmitOutcome(command, response, Exit::kDone);
  if (outcome == Exit::kUnknown) return EmitOutcome(command, response, Exit::kUnknown);
  const Exit told = EmitOutcome(command, response, Exit::kRefused);
  return Complain("too late: it is committed, for good", told);
}

}  // namespace assent::cli
