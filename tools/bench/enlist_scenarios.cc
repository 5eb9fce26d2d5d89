#include "tools/bench/enlist_scenarios.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "assent/work/v1/work_service.pb.h"
#include "client/client.h"
#include "runtime/channel.h"
#include "runtime/clock.h"
#include "runtime/frames.h"
#include "runtime/unary_client.h"
#include "tools/bench/cluster.h"
#include "tools/bench/loop_thread.h"
#include "tools/bench/payload_rig.h"

namespace assent::bench {
namespace {

constexpr int kServices = 2;
constexpr Duration kCallTimeout = Duration::Seconds(60);

// Calls all services at once.
class ServiceCaller {
 public:
  void Dial(const std::vector<std::string>& addresses) {
    for (const std::string& address : addresses) {
      channels_.push_back(assent::Dial(address, grpc::InsecureChannelCredentials()));
    }
  }

  // `done` is told, on the loop's thread, whether all have answered with OK. `transaction` may be
  // empty.
  void CallAll(int slot, const std::string& transaction, std::function<void(bool ok)> done) {
    thread_.Post([this, slot, transaction, done = std::move(done)] {
      const auto calls = std::make_shared<Calls>(Calls{channels_.size(), true, done});
      for (const auto& channel : channels_) Call(channel, slot, transaction, calls);
    });
  }

 private:
  struct Calls {
    std::size_t missing = 0;
    bool ok = true;
    std::function<void(bool ok)> done;
  };

  void Call(const std::shared_ptr<grpc::Channel>& channel, int slot, const std::string& transaction,
            const std::shared_ptr<Calls>& calls) {
    work::v1::WorkRequest work;
    work.set_key("slot-" + std::to_string(slot));
    work.set_delta(1);
    UnaryRequest request;
    request.method = "/assent.work.v1.WorkService/Work";
    request.body = SerializeBuffer(work);
    request.deadline = MonotonicNow() + kCallTimeout;
    if (!transaction.empty()) request.metadata = {{kTransactionMetadata, transaction}};
    StartUnaryCall(thread_.loop(), channel, request, [calls](UnaryResult* result) {
      calls->ok = calls->ok && result->status.ok();
      if (--calls->missing == 0) calls->done(calls->ok);
    });
  }

  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  LoopThread thread_;
};

class EnlistRig final : public Rig {
 public:
  std::string Start(Completions* completions) override {
    completions_ = completions;
    const std::string error = cluster_.Start(kServices, "service");
    if (!error.empty()) return error;
    caller_.Dial(cluster_.participants()->addresses());
    ClientOptions options;
    options.coordinator = cluster_.coordinator()->address();
    options.ids_per_block = 100'000;
    client_ = std::make_unique<Client>(options);
    return "";
  }

  void Begin(int slot) override {
    const auto transaction = std::make_shared<Transaction>(client_->Begin());
    if (!transaction->valid()) return completions_->Add(slot, Ending::kRefused);
    caller_.CallAll(slot, transaction->id(), [this, slot, transaction](bool ok) {
      if (ok) return Commit(slot, transaction.get());
      *transaction = Transaction();  // dropped, so aborted
      completions_->Add(slot, Ending::kAborted);
    });
  }

  std::vector<Part> Parts() const override { return cluster_.Parts(); }
  WorkDone Done() override { return cluster_.Done(); }
  std::string Check() override {
    return CompareSums(committed_ * kServices, cluster_.participants()->Sum());
  }

 private:
  void Commit(int slot, Transaction* transaction) {
    transaction->CommitAsync([this, slot](CommitReport report) {
      if (report.outcome == Outcome::kCommitted) ++committed_;
      completions_->Add(slot, EndingOf(report.outcome));
    });
  }

  Completions* completions_ = nullptr;
  std::atomic<std::int64_t> committed_ = 0;
  Cluster cluster_;
  std::unique_ptr<Client> client_;
  ServiceCaller caller_;  // last: its callbacks use the rest
};

// The same calls, to services that make each call's change durable and know no transactions.
class PlainRig final : public Rig {
 public:
  std::string Start(Completions* completions) override {
    completions_ = completions;
    const std::string error = services_.Start(kServices, "plain-service", "-");
    if (error.empty()) caller_.Dial(services_.addresses());
    return error;
  }

  void Begin(int slot) override {
    caller_.CallAll(slot, "", [this, slot](bool ok) {
      if (ok) ++committed_;
      completions_->Add(slot, ok ? Ending::kCommitted : Ending::kUnknown);
    });
  }

  std::vector<Part> Parts() const override { return services_.Parts(); }
  WorkDone Done() override {
    WorkDone done;
    done.syncs = services_.Syncs();
    return done;
  }
  std::string Check() override { return CompareSums(committed_ * kServices, services_.Sum()); }

 private:
  Completions* completions_ = nullptr;
  std::atomic<std::int64_t> committed_ = 0;
  ParticipantProcesses services_;
  ServiceCaller caller_;
};

}  // namespace

std::vector<Scenario> EnlistScenarios() {
  const auto loads = [](const Settings&, Report*) {
    LoadCase load_case;
    load_case.labels = {{"participants", kServices}};
    load_case.rig = [] { return std::make_unique<EnlistRig>(); };
    load_case.floor = [] { return std::make_unique<PlainRig>(); };
    return std::vector<LoadCase>{load_case};
  };
  return {LoadScenario("enlist",
                       "work by calls to two services that enlist; the floor: the same calls alone",
                       loads)};
}

}  // namespace assent::bench
