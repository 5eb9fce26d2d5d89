// How the daemon calls a participant without the library: one whose answers the test holds in its
// hands.
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "assent/v1/participant_service.grpc.pb.h"
#include "tests/daemon/clients.h"
#include "tests/daemon/daemon_process.h"

namespace assent::testing {
namespace {

// Votes yes and acknowledges, unless it is told to do otherwise. Thread-safe.
class Participant final : public v1::ParticipantService::Service {
 public:
  struct Conduct {
    bool prepare_fails = false;
    bool prepare_hangs = false;
    bool commit_hangs = false;
    std::string list_error = {};  // not empty: ListPrepared fails with it
    std::uint64_t life = 1;
  };
  struct Counts {
    int polls = 0;
    int prepares = 0;
    int commits = 0;
    int aborts = 0;
  };

  Participant() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~Participant() override {
    Behave({});
    server_->Shutdown();
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void Behave(const Conduct& conduct) {
    const std::lock_guard<std::mutex> hold(mutex_);
    conduct_ = conduct;
    changed_.notify_all();
  }
  Counts counts() {
    const std::lock_guard<std::mutex> hold(mutex_);
    return counts_;
  }
  void Await(const std::function<bool(const Counts&)>& reached) {
    std::unique_lock<std::mutex> hold(mutex_);
    EXPECT_TRUE(changed_.wait_for(hold, std::chrono::seconds(kPatienceSeconds),
                                  [&] { return reached(counts_); }));
  }
  // So many more than there have been.
  void AwaitPolls(int more) {
    const int wanted = counts().polls + more;
    Await([wanted](const Counts& counts) { return counts.polls >= wanted; });
  }

  grpc::Status Prepare(grpc::ServerContext* context, const v1::PrepareRequest* request,
                       v1::PrepareResponse* response) override {
    std::unique_lock<std::mutex> hold(mutex_);
    Count(&counts_.prepares);
    WaitWhile(&hold, *context, &Conduct::prepare_hangs);
    if (conduct_.prepare_fails) return {grpc::StatusCode::INTERNAL, "it fails"};
    prepared_.insert(request->transaction_id());
    response->set_vote(v1::VOTE_KIND_YES);
    return grpc::Status::OK;
  }
  grpc::Status Commit(grpc::ServerContext* context, const v1::CommitRequest* request,
                      v1::CommitResponse* response) override {
    std::unique_lock<std::mutex> hold(mutex_);
    Count(&counts_.commits);
    WaitWhile(&hold, *context, &Conduct::commit_hangs);
    prepared_.erase(request->transaction_id());
    response->set_acknowledged(true);
    return grpc::Status::OK;
  }
  grpc::Status Abort(grpc::ServerContext*, const v1::AbortRequest* request,
                     v1::AbortResponse*) override {
    const std::lock_guard<std::mutex> hold(mutex_);
    Count(&counts_.aborts);
    prepared_.erase(request->transaction_id());
    return grpc::Status::OK;
  }
  grpc::Status ListPrepared(grpc::ServerContext*, const v1::ListPreparedRequest*,
                            v1::ListPreparedResponse* response) override {
    const std::lock_guard<std::mutex> hold(mutex_);
    Count(&counts_.polls);
    if (!conduct_.list_error.empty()) {
      return {grpc::StatusCode::FAILED_PRECONDITION, conduct_.list_error};
    }
    response->set_store_id(std::string(32, 'a'));
    response->set_incarnation(1);
    response->set_life_number(conduct_.life);
    for (const std::string& id : prepared_) response->add_transaction_ids(id);
    return grpc::Status::OK;
  }

 private:
  void Count(int* count) {
    ++*count;
    changed_.notify_all();
  }
  // Until it is told otherwise, or the caller has gone.
  void WaitWhile(std::unique_lock<std::mutex>* hold, const grpc::ServerContext& context,
                 bool Conduct::*hangs) {
    while (conduct_.*hangs && !context.IsCancelled()) {
      changed_.wait_for(*hold, std::chrono::milliseconds(20));
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Conduct conduct_;
  Counts counts_;
  std::set<std::string> prepared_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class UnaryCalls : public ::testing::Test {
 protected:
  void Start(const Arguments& more) {
    std::ofstream(daemon_.directory() / "config.toml")
        << "[participants.till]\naddress = \"" << till_.address() << "\"\n";
    Arguments arguments = {"--config", daemon_.directory() / "config.toml"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    daemon_.Start(arguments);
    initiator_ = std::make_unique<Initiator>(daemon_.address());
  }
  void AwaitAttached(bool attached = true) {
    for (;;) {
      const auto listed = initiator_->ListParticipants();
      for (const auto& one : listed.response.participants()) {
        if (one.attached() == attached) return;
      }
    }
  }
  void AwaitOutput(const std::string& text) {
    while (daemon_.Output().find(text) == std::string::npos) continue;
  }
  // Waits for the decision only.
  v1::TransactionOutcome Pay(const std::string& id) {
    v1::CommitTransactionRequest request = CommitOf(id, {"till"});
    request.set_wait_for(v1::WAIT_FOR_DECISION);
    return initiator_->Commit(request).response.outcome();
  }

  Participant till_;
  Daemon daemon_{{"--coordinator-id", "bank"}};
  std::unique_ptr<Initiator> initiator_;
};

TEST_F(UnaryCalls, CommitIsUnderWayOnceThoughItIsRepeatedAndListed) {
  Start({"--limits-first-retry", "1ms", "--limits-max-retry", "1ms", "--limits-poll-interval",
         "10ms"});
  AwaitAttached();
  till_.Behave({.commit_hangs = true});
  const std::string id = initiator_->BeginId();
  EXPECT_EQ(Pay(id).outcome(), v1::OUTCOME_COMMITTED);
  till_.Await([](const Participant::Counts& counts) { return counts.commits > 0; });
  till_.AwaitPolls(20);
  EXPECT_LE(till_.counts().commits, 3) << "one at a time; a call lasts 10 s at most";
  till_.Behave({});
  while (initiator_->Get(id).response.outcome().state() != v1::TRANSACTION_STATE_COMMITTED) {
    continue;
  }
}

TEST_F(UnaryCalls, AFailedPrepareIsFollowedByListPrepared) {
  Start({"--limits-poll-interval", "1h"});
  AwaitAttached();
  const int before = till_.counts().polls;
  till_.Behave({.prepare_fails = true});
  const v1::TransactionOutcome outcome = Pay(initiator_->BeginId());
  EXPECT_EQ(outcome.abort_reason(), v1::ABORT_REASON_VOTE_LOST);
  till_.Await([before](const Participant::Counts& counts) { return counts.polls > before; });
}

TEST_F(UnaryCalls, APrepareThatTakesTooLongIsFollowedByListPrepared) {
  Start({"--limits-poll-interval", "1h", "--limits-prepare-timeout", "100ms"});
  AwaitAttached();
  const int before = till_.counts().polls;
  till_.Behave({.prepare_hangs = true});
  EXPECT_EQ(Pay(initiator_->BeginId()).outcome(), v1::OUTCOME_ABORTED);
  till_.Await([before](const Participant::Counts& counts) { return counts.polls > before; });
}

TEST_F(UnaryCalls, ListPreparedIsRepeatedWhileNothingHappens) {
  Start({"--limits-poll-interval", "10ms"});
  AwaitAttached();
  till_.AwaitPolls(5);
  EXPECT_EQ(till_.counts().prepares + till_.counts().commits + till_.counts().aborts, 0);
}

TEST_F(UnaryCalls, ASecondProcessOfOneIncarnationIsRefused) {
  Start({"--limits-poll-interval", "10ms"});
  AwaitAttached();
  till_.Behave({.life = 2});
  AwaitOutput("SAME_INCARNATION_OTHER_LIFE");
  const v1::TransactionOutcome outcome = Pay(initiator_->BeginId());
  EXPECT_EQ(outcome.abort_reason(), v1::ABORT_REASON_PARTICIPANT_UNAVAILABLE);
  EXPECT_EQ(till_.counts().prepares, 0);
  till_.Behave({.life = 1});
  AwaitAttached();
  EXPECT_EQ(Pay(initiator_->BeginId()).outcome(), v1::OUTCOME_COMMITTED);
}

TEST_F(UnaryCalls, AParticipantWithoutALifeNumberIsRefused) {
  till_.Behave({.life = 0});
  Start({"--limits-poll-interval", "10ms"});
  AwaitOutput("is refused: MALFORMED_REQUEST");
}

TEST_F(UnaryCalls, WhatAParticipantSaysIsWrittenInOneLine) {
  till_.Behave({.list_error = "gone\nE1121 forged"});
  Start({"--limits-poll-interval", "10ms"});
  AwaitOutput("gone\\nE1121 forged; goes on trying");
}

}  // namespace
}  // namespace assent::testing
