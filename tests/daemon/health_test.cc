// grpc.health.v1 of the daemon, asked as any probe does.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/daemon/clients.h"
#include "tests/daemon/daemon_process.h"

namespace assent::testing {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

HealthCheckRequest RequestFor(const std::string& service) {
  HealthCheckRequest request;
  request.set_service(service);
  return request;
}

// One call of Watch.
class Watcher {
 public:
  explicit Watcher(const std::string& address, const std::string& service = "")
      : stub_(Health::NewStub(Connect(address))) {
    Prepare(&context_);
    reader_ = stub_->Watch(&context_, RequestFor(service));
  }
  ~Watcher() {
    context_.TryCancel();
    HealthCheckResponse response;
    while (reader_->Read(&response)) continue;
    reader_->Finish();
  }

  // UNKNOWN: the call has ended.
  HealthCheckResponse::ServingStatus Next() {
    HealthCheckResponse response;
    return reader_->Read(&response) ? response.status() : HealthCheckResponse::UNKNOWN;
  }

 private:
  grpc::ClientContext context_;
  const std::unique_ptr<Health::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> reader_;
};

TEST(DaemonHealth, ShowsThatItServesAndThatItDrains) {
  Daemon daemon;
  daemon.Start();
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < 20; ++i) watchers.push_back(std::make_unique<Watcher>(daemon.address()));
  for (auto& watcher : watchers) EXPECT_EQ(watcher->Next(), HealthCheckResponse::SERVING);
  daemon.process().Signal(SIGTERM);
  for (auto& watcher : watchers) {
    EXPECT_EQ(watcher->Next(), HealthCheckResponse::NOT_SERVING);
    EXPECT_EQ(watcher->Next(), HealthCheckResponse::UNKNOWN) << "the call ends with the daemon";
  }
  EXPECT_EQ(daemon.process().WaitForExit(), 0) << daemon.Output();
}

TEST(DaemonHealth, GoesOnWhenWatchersLeave) {
  Daemon daemon;
  daemon.Start();
  for (int i = 0; i < 50; ++i) {
    Watcher watcher(daemon.address());
    if (i % 2 == 0) EXPECT_EQ(watcher.Next(), HealthCheckResponse::SERVING);
  }
  Watcher last(daemon.address());
  EXPECT_EQ(last.Next(), HealthCheckResponse::SERVING);
  EXPECT_EQ(daemon.Stop(), 0) << daemon.Output();
}

TEST(DaemonHealth, KnowsNoServiceButTheWholeServer) {
  Daemon daemon;
  daemon.Start();
  grpc::ClientContext context;
  Prepare(&context);
  HealthCheckResponse response;
  const grpc::Status status = Health::NewStub(Connect(daemon.address()))
                                  ->Check(&context, RequestFor("shop.Orders"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  Watcher watcher(daemon.address(), "shop.Orders");
  EXPECT_EQ(watcher.Next(), HealthCheckResponse::SERVICE_UNKNOWN);
}

}  // namespace
}  // namespace assent::testing
