// Errors, gRPC's settings and crash points.
#include <grpcpp/impl/server_builder_option.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>

#include "assent/internal/error_details.pb.h"
#include "runtime/channel.h"
#include "runtime/crash_point.h"
#include "runtime/errors.h"
#include "tests/runtime/echo_server.h"

namespace assent {
namespace {

TEST(Errors, AReasonCanBeReadBackFromTheDetails) {
  const grpc::Status status =
      MakeError(grpc::StatusCode::NOT_FOUND, "OUTCOME_EXPIRED", "ask earlier");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "ask earlier");
  EXPECT_EQ(ReasonOf(status), "OUTCOME_EXPIRED");
}

TEST(Errors, StatusesOfOthersHaveNoReason) {
  EXPECT_EQ(ReasonOf(grpc::Status::OK), "");
  EXPECT_EQ(ReasonOf(grpc::Status(grpc::StatusCode::UNAVAILABLE, "refused")), "");
  EXPECT_EQ(ReasonOf(grpc::Status(grpc::StatusCode::UNAVAILABLE, "x", "\xff\xff garbage")), "");
  internal::ErrorInfo info;
  info.set_reason("SOMETHING");
  info.set_domain("elsewhere.example");
  internal::ErrorStatus details;
  details.add_details()->set_type_url("type.googleapis.com/google.rpc.ErrorInfo");
  details.mutable_details(0)->set_value(info.SerializeAsString());
  EXPECT_EQ(ReasonOf(grpc::Status(grpc::StatusCode::ABORTED, "x", details.SerializeAsString())),
            "");
}

std::map<std::string, int> IntArguments(const grpc::ChannelArguments& arguments) {
  std::map<std::string, int> result;
  const grpc_channel_args list = arguments.c_channel_args();
  for (std::size_t i = 0; i < list.num_args; ++i) {
    if (list.args[i].type == GRPC_ARG_INTEGER) {
      result[list.args[i].key] = list.args[i].value.integer;
    }
  }
  return result;
}

// Reads what the options before it have made of a server's arguments.
class ReadArguments final : public grpc::ServerBuilderOption {
 public:
  explicit ReadArguments(std::map<std::string, int>* result) : result_(result) {}
  void UpdateArguments(grpc::ChannelArguments* arguments) override {
    *result_ = IntArguments(*arguments);
  }
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*) override {}

 private:
  std::map<std::string, int>* const result_;
};

void ShutAndDrain(grpc::CompletionQueue* queue) {
  queue->Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) continue;
}

TEST(Settings, AreWhatTheDocumentationSaysAtClients) {
  const std::map<std::string, int> expected = {
      {"grpc.max_receive_message_length", 4 << 20},
      {"grpc.max_send_message_length", 4 << 20},
      {"grpc.max_metadata_size", 8192},
      {"grpc.keepalive_time_ms", 10000},
      {"grpc.keepalive_timeout_ms", 5000},
      {"grpc.keepalive_permit_without_calls", 1},
      {"grpc.http2.max_pings_without_data", 0},
      {"grpc.min_reconnect_backoff_ms", 100},
      {"grpc.initial_reconnect_backoff_ms", 100},
      {"grpc.max_reconnect_backoff_ms", 1000},
      {"grpc.dns_min_time_between_resolutions_ms", 1000},
      {"grpc.enable_retries", 0},
      {"grpc.service_config_disable_resolution", 1},
      {"grpc.enable_http_proxy", 0},
      {"grpc.experimental.tcp_tx_zerocopy_enabled", 0},
  };
  EXPECT_EQ(IntArguments(ClientArguments()), expected);
}

TEST(Settings, AreWhatTheDocumentationSaysAtServers) {
  std::map<std::string, int> effective;
  grpc::ServerBuilder builder;
  ApplyServerSettings(&builder);
  builder.SetOption(std::make_unique<ReadArguments>(&effective));
  const std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  ASSERT_NE(server, nullptr);
  server->Shutdown();
  ShutAndDrain(queue.get());
  const std::map<std::string, int> expected = {
      {"grpc.so_reuseport", 0},
      {"grpc.max_receive_message_length", 4 << 20},
      {"grpc.max_send_message_length", 4 << 20},
      {"grpc.max_metadata_size", 8192},
      {"grpc.max_concurrent_streams", 256},
      {"grpc.server_handshake_timeout_ms", 10000},
      {"grpc.keepalive_time_ms", 10000},
      {"grpc.keepalive_timeout_ms", 5000},
      {"grpc.keepalive_permit_without_calls", 1},
      {"grpc.http2.max_pings_without_data", 0},
      {"grpc.http2.min_ping_interval_without_data_ms", 5000},
      {"grpc.experimental.tcp_tx_zerocopy_enabled", 0},
  };
  EXPECT_EQ(effective, expected);
}

TEST(Settings, ASecondServerCannotShareThePort) {
  test::EchoServer first;
  grpc::ServerBuilder builder;
  ApplyServerSettings(&builder);
  int port = 0;
  builder.AddListeningPort(first.target(), grpc::InsecureServerCredentials(), &port);
  const std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  const std::unique_ptr<grpc::Server> second = builder.BuildAndStart();
  EXPECT_EQ(port, 0);
  if (second != nullptr) second->Shutdown();
  ShutAndDrain(queue.get());
}

#if defined(ASSENT_CRASH_POINTS)

int CrossThreeTimes(const char* crash_switch) {
  setenv("ASSENT_CRASH", crash_switch, 1);
  for (int i = 0; i < 3; ++i) ASSENT_CRASH_POINT("coordinator.decision.before_write");
  return RefuseCrashSwitch().empty() ? 0 : 1;
}

void ExpectExit(const char* crash_switch, int code) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(std::_Exit(CrossThreeTimes(crash_switch)), testing::ExitedWithCode(code), "");
}

TEST(CrashPoint, EndsTheProcessAtTheNamedPass) {
  ExpectExit("coordinator.decision.before_write", 137);
  ExpectExit("coordinator.decision.before_write:3", 137);
}

TEST(CrashPoint, IsPassedWhenAnotherOneOrALaterPassIsAskedFor) {
  ExpectExit("coordinator.decision.before_write:4", 0);
  ExpectExit("coordinator.decision.after_write", 0);
}

TEST(CrashPoint, ASwitchThatNamesNothingIsRefused) {
  ExpectExit("coordinator.decision.befor_write", 1);
  ExpectExit("coordinator.decision.before_write:", 1);
  ExpectExit("coordinator.decision.before_write:0", 1);
  ExpectExit("coordinator.decision.before_write:1x", 1);
  ExpectExit("", 1);
}

#else

TEST(CrashPoint, ABuildWithoutPointsRefusesTheSwitch) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        setenv("ASSENT_CRASH", "coordinator.decision.before_write", 1);
        ASSENT_CRASH_POINT("coordinator.decision.before_write");
        std::_Exit(RefuseCrashSwitch().empty() ? 0 : 1);
      },
      testing::ExitedWithCode(1), "");
}

#endif

}  // namespace
}  // namespace assent
