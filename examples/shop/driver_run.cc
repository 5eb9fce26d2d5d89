#include "driver_run.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <random>
#include <set>
#include <thread>

#include "shop.grpc.pb.h"

namespace shop {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kCallTimeout(15'000);
constexpr milliseconds kSettleTime(60'000);
constexpr milliseconds kPollInterval(100);

// One run's end, which everybody waits for.
class Stop {
 public:
  void Set() {
    const std::lock_guard<std::mutex> lock(mutex_);
    set_ = true;
    changed_.notify_all();
  }
  // True if it is set, at the latest when `time` has passed.
  bool WaitFor(milliseconds time) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

struct Progress {
  std::atomic<std::int64_t> tried{0};
  std::atomic<std::int64_t> committed{0};
  std::atomic<std::int64_t> aborted{0};
  std::atomic<std::int64_t> asked_again{0};
  std::atomic<std::int64_t> unknown{0};
};

std::shared_ptr<grpc::Channel> Dial(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

void Limit(grpc::ClientContext* context, milliseconds time) {
  context->set_deadline(std::chrono::system_clock::now() + time);
  context->set_wait_for_ready(true);  // over a restart of the service
}

// One customer after another, each of whom waits for the answer.
class Worker {
 public:
  Worker(OrdersService::Stub* orders, Progress* progress, ToldWriter* told, std::uint64_t seed)
      : orders_(orders), progress_(progress), told_(told), random_(seed) {}

  void Run(const std::string& name, const std::vector<Product>& products,
           const std::vector<Customer>& customers, Stop* stop) {
    for (std::int64_t i = 0; !stop->WaitFor(milliseconds(0)); ++i) {
      PlaceOrderRequest request;
      request.set_reference(name + "-" + std::to_string(i));
      request.set_product_id(products[random_() % products.size()].id);
      request.set_customer_id(customers[random_() % customers.size()].id);
      const bool greedy = random_() % 50 == 0;
      request.set_quantity(static_cast<std::uint32_t>(greedy ? 10'000 : 1 + random_() % 4));
      Count(request.reference(), Place(request));
    }
  }

 private:
  Told Place(const PlaceOrderRequest& request) {
    progress_->tried++;
    grpc::ClientContext context;
    Limit(&context, kCallTimeout);
    PlaceOrderResponse response;
    const grpc::Status status = orders_->PlaceOrder(&context, request, &response);
    if (status.ok() && response.outcome() != UNKNOWN) return ToTold(response, false);
    return Settle(request.reference());
  }

  // A call that broke, or was answered UNKNOWN, may have placed the order or not: asks.
  Told Settle(const std::string& reference) {
    progress_->asked_again++;
    SettleOrderRequest request;
    request.set_reference(reference);
    Stop pause;
    for (const auto end = Clock::now() + kSettleTime; Clock::now() < end;
         pause.WaitFor(milliseconds(50))) {
      grpc::ClientContext context;
      Limit(&context, kCallTimeout);
      PlaceOrderResponse response;
      const grpc::Status status = orders_->SettleOrder(&context, request, &response);
      if (status.ok() && response.outcome() != UNKNOWN) return ToTold(response, true);
    }
    return {OrderOutcome_Name(UNKNOWN), "", true};
  }

  static Told ToTold(const PlaceOrderResponse& response, bool asked_again) {
    return {OrderOutcome_Name(response.outcome()), response.reason(), asked_again};
  }

  void Count(const std::string& reference, const Told& told) {
    told_->Add(reference, told);
    if (told.outcome == OrderOutcome_Name(COMMITTED)) {
      progress_->committed++;
    } else if (told.outcome == OrderOutcome_Name(ABORTED)) {
      progress_->aborted++;
    } else {
      progress_->unknown++;
    }
  }

  OrdersService::Stub* orders_;
  Progress* progress_;
  ToldWriter* told_;
  std::mt19937_64 random_;
};

// Measures from outside how long branches are in doubt, over restarts too: from when a branch is
// first listed until its service answers without it.
class DoubtWatch {
 public:
  explicit DoubtWatch(const std::string& address) : audit_(AuditService::NewStub(Dial(address))) {}

  void Poll() {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + milliseconds(1'000));
    ListInDoubtResponse response;
    if (!audit_->ListInDoubt(&context, {}, &response).ok()) return;
    const auto now = Clock::now();
    const std::set<std::string> listed(response.transaction_ids().begin(),
                                       response.transaction_ids().end());
    for (auto seen = first_seen_.begin(); seen != first_seen_.end();) {
      longest_ = std::max(longest_, std::chrono::duration_cast<milliseconds>(now - seen->second));
      seen = listed.count(seen->first) > 0 ? std::next(seen) : first_seen_.erase(seen);
    }
    for (const std::string& id : listed) first_seen_.emplace(id, now);
  }

  milliseconds longest() const { return longest_; }

 private:
  std::unique_ptr<AuditService::Stub> audit_;
  std::map<std::string, Clock::time_point> first_seen_;
  milliseconds longest_{0};
};

void PrintProgress(std::int64_t seconds, const Progress& progress) {
  std::printf("%4lld s  %7lld tried  %7lld committed  %6lld aborted  %4lld asked again\n",
              static_cast<long long>(seconds), static_cast<long long>(progress.tried),
              static_cast<long long>(progress.committed), static_cast<long long>(progress.aborted),
              static_cast<long long>(progress.asked_again));
  std::fflush(stdout);
}

// Watches until `stop`, prints a line each second; returns the longest time in doubt.
milliseconds Watch(const Addresses& addresses, const Progress& progress, Stop* stop) {
  DoubtWatch watches[] = {DoubtWatch(addresses.orders), DoubtWatch(addresses.stock),
                          DoubtWatch(addresses.wallet), DoubtWatch(addresses.loyalty)};
  const auto start = Clock::now();
  std::int64_t printed = 0;
  while (!stop->WaitFor(kPollInterval)) {
    for (DoubtWatch& watch : watches) watch.Poll();
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - start).count();
    if (seconds > printed) PrintProgress(printed = seconds, progress);
  }
  milliseconds longest{0};
  for (DoubtWatch& watch : watches) {
    watch.Poll();
    longest = std::max(longest, watch.longest());
  }
  return longest;
}

}  // namespace

int RunOrders(const RunOptions& options, const std::vector<Product>& products,
              const std::vector<Customer>& customers) {
  const auto orders = OrdersService::NewStub(Dial(options.addresses.orders));
  Progress progress;
  ToldWriter told(options.report + "/told.csv");
  Stop enough;
  Stop done;
  milliseconds longest{0};
  std::thread watcher([&] { longest = Watch(options.addresses, progress, &done); });
  std::vector<std::thread> workers;
  for (std::int64_t w = 0; w < options.workers; ++w) {
    workers.emplace_back([&, w] {
      Worker worker(orders.get(), &progress, &told,
                    static_cast<std::uint64_t>(options.seed * 1'000 + w));
      const std::string name = std::to_string(options.seed) + "-" + std::to_string(w);
      worker.Run(name, products, customers, &enough);
    });
  }
  Stop never;
  never.WaitFor(milliseconds(options.seconds * 1'000));
  enough.Set();
  for (std::thread& worker : workers) worker.join();
  done.Set();
  watcher.join();

  PrintProgress(options.seconds, progress);
  std::ofstream doubt(options.report + "/longest_in_doubt_ms");
  doubt << longest.count() << '\n';
  doubt.close();
  return told.Close() && !doubt.fail() ? 0 : 2;
}

}  // namespace shop
