// gRPC's settings, set explicitly: its defaults that bite (ports shared between two daemons, two
// minutes of back-off, proxies from the environment, dead peers that are never noticed) are not
// relied on. A test reads what takes effect.
//
// Thread-safe; nothing blocks.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/channel_arguments.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace assent {

// gRPC's limit of one message. Our own limits (1 MiB) lie below it, since gRPC refuses without a
// reason.
inline constexpr int kGrpcMaxMessageBytes = 4 << 20;

struct ChannelSetting {
  const char* name;  // gRPC's, e.g. "grpc.so_reuseport".
  int value;
};

// What `Dial` and `ApplyServerSettings` set, for logs and for the test.
const std::vector<ChannelSetting>& ClientSettings();
const std::vector<ChannelSetting>& ServerSettings();

grpc::ChannelArguments ClientArguments();

// A channel to `target` ("host:port", "dns:///name:port", "unix:path") with our settings. Connects
// when first used and then again by itself, at once, then after 0.1 to 1 s.
std::shared_ptr<grpc::Channel> Dial(const std::string& target,
                                    const std::shared_ptr<grpc::ChannelCredentials>& credentials);

// Gives the server that `builder` will build our settings. With them a port that another process
// listens on is refused (BuildAndStart leaves the selected port 0).
void ApplyServerSettings(grpc::ServerBuilder* builder);

}  // namespace assent
