// A client that blocks, knows nothing of the runtime, and can misbehave.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <string>

#include "runtime/clock.h"
#include "tests/runtime/harness.h"

namespace assent::test {

inline std::shared_ptr<grpc::Channel> RawChannel(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

// One stream; each operation waits for its end, but for those that are started only.
class RawStream {
 public:
  explicit RawStream(const std::string& target,
                     const std::string& method = "/assent_test.EchoService/Session")
      : stub_(RawChannel(target)) {
    context.set_deadline(ToGrpcTime(MonotonicNow() + Duration::Seconds(60)));
    stream_ = stub_.PrepareCall(&context, method, &queue_);
    stream_->StartCall(this);
    Wait();
  }
  ~RawStream() {
    context.TryCancel();
    if (!finished_) Finish();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) continue;
  }

  bool Write(const std::string& bytes) {
    stream_->Write(ToBuffer(bytes), this);
    return Wait();
  }
  bool WritesDone() {
    stream_->WritesDone(this);
    return Wait();
  }
  bool Read(std::string* bytes) {
    grpc::ByteBuffer buffer;
    stream_->Read(&buffer, this);
    if (!Wait()) return false;
    *bytes = ToBytes(buffer);
    return true;
  }
  grpc::Status Finish() {
    finished_ = true;
    grpc::Status status;
    stream_->Finish(&status, this);
    Wait();
    return status;
  }

  grpc::ClientContext context;

 private:
  bool Wait() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  bool finished_ = false;
  grpc::CompletionQueue queue_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

}  // namespace assent::test
