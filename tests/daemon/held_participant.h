// A participant without the library whose answers the test holds in its hands.
#pragma once

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "assent/v1/participant_service.grpc.pb.h"
#include "tests/daemon/daemon_process.h"

namespace assent::testing {

// Votes yes and acknowledges, unless it is told to do otherwise. Thread-safe.
class HeldParticipant final : public v1::ParticipantService::Service {
 public:
  struct Conduct {
    bool prepare_fails = false;
    bool prepare_hangs = false;
    bool later_prepares_hang = false;  // those that come from now on
    bool commit_hangs = false;
    bool list_hangs = false;      // after it was made
    std::string list_error = {};  // not empty: ListPrepared fails with it
    std::uint64_t life = 1;
  };
  struct Counts {
    int polls = 0;
    int prepares = 0;
    int commits = 0;
    int aborts = 0;
  };

  HeldParticipant() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~HeldParticipant() override {
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
    const bool later = conduct_.later_prepares_hang;
    WaitWhile(&hold, *context, later ? &Conduct::later_prepares_hang : &Conduct::prepare_hangs);
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
  grpc::Status ListPrepared(grpc::ServerContext* context, const v1::ListPreparedRequest*,
                            v1::ListPreparedResponse* response) override {
    std::unique_lock<std::mutex> hold(mutex_);
    Count(&counts_.polls);
    if (!conduct_.list_error.empty()) {
      return {grpc::StatusCode::FAILED_PRECONDITION, conduct_.list_error};
    }
    response->set_store_id(std::string(32, 'a'));
    response->set_incarnation(1);
    response->set_life_number(conduct_.life);
    for (const std::string& id : prepared_) response->add_transaction_ids(id);
    WaitWhile(&hold, *context, &Conduct::list_hangs);
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

}  // namespace assent::testing
