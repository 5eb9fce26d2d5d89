#include "runtime/channel.h"

#include <grpc/grpc.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/server_builder_option.h>

#include <utility>

namespace assent {
namespace {

// A dead peer is noticed after at most the sum of the two, even on an idle link.
constexpr int kKeepaliveTimeMs = 10000;
constexpr int kKeepaliveTimeoutMs = 5000;
constexpr int kMaxMetadataBytes = 8 << 10;

class SettingsOption final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments* arguments) override {
    for (const ChannelSetting& setting : ServerSettings()) {
      arguments->SetInt(setting.name, setting.value);
    }
  }
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*) override {}
};

}  // namespace

const std::vector<ChannelSetting>& ClientSettings() {
  static const auto* const settings = new std::vector<ChannelSetting>{
      {GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, kGrpcMaxMessageBytes},
      {GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, kGrpcMaxMessageBytes},
      {GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes},
      {GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs},
      {GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs},
      {GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1},
      {GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0},
      {GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100},
      {GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100},
      {GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000},
      {GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1000},
      // A retry of gRPC's own would repeat what may have been executed.
      {GRPC_ARG_ENABLE_RETRIES, 0},
      {GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1},
      {GRPC_ARG_ENABLE_HTTP_PROXY, 0},
      {GRPC_ARG_TCP_TX_ZEROCOPY_ENABLED, 0},
  };
  return *settings;
}

const std::vector<ChannelSetting>& ServerSettings() {
  static const auto* const settings = new std::vector<ChannelSetting>{
      {GRPC_ARG_ALLOW_REUSEPORT, 0},
      {GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, kGrpcMaxMessageBytes},
      {GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, kGrpcMaxMessageBytes},
      {GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes},
      {GRPC_ARG_MAX_CONCURRENT_STREAMS, 256},
      {GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10000},
      {GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs},
      {GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs},
      {GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1},
      {GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0},
      // Below the clients' keepalive time, or they are thrown out for pinging too often.
      {GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kKeepaliveTimeMs / 2},
      {GRPC_ARG_TCP_TX_ZEROCOPY_ENABLED, 0},
  };
  return *settings;
}

grpc::ChannelArguments ClientArguments() {
  grpc::ChannelArguments arguments;
  for (const ChannelSetting& setting : ClientSettings()) {
    arguments.SetInt(setting.name, setting.value);
  }
  return arguments;
}

std::shared_ptr<grpc::Channel> Dial(const std::string& target,
                                    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  return grpc::CreateCustomChannel(target, credentials, ClientArguments());
}

void ApplyServerSettings(grpc::ServerBuilder* builder) {
  builder->SetOption(std::make_unique<SettingsOption>());
}

}  // namespace assent
