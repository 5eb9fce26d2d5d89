#include "tools/bench/service_role.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "assent/work/v1/work_service.grpc.pb.h"
#include "participant/agent.h"
#include "participant/key_value_store.h"
#include "runtime/channel.h"
#include "runtime/mutex.h"
#include "tools/bench/group_writer.h"
#include "tools/bench/participant_role.h"

namespace assent::bench {
namespace {

// Serves on a free port of loopback; "ready ADDRESS".
class WorkServer {
 public:
  explicit WorkServer(grpc::Service* service) {
    grpc::ServerBuilder builder;
    ApplyServerSettings(&builder);
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service);
    server_ = builder.BuildAndStart();
    greeting_ = "ready 127.0.0.1:" + std::to_string(port);
  }

  const std::string& greeting() const { return greeting_; }

 private:
  std::unique_ptr<grpc::Server> server_;
  std::string greeting_;
};

class TransactionalWork final : public work::v1::WorkService::Service {
 public:
  TransactionalWork(Agent* agent, KeyValueStore* store) : agent_(agent), store_(store) {}

  grpc::Status Work(grpc::ServerContext* context, const work::v1::WorkRequest* request,
                    work::v1::WorkResponse*) override {
    Enlistment work = agent_->Enlist(*context);
    if (!work.ok()) return work.ToStatus();
    const StoreResult done =
        store_->Branch(work.transaction()).Add(request->key(), request->delta());
    if (!done.ok()) return {grpc::StatusCode::ABORTED, done.text};
    return work.Wait();
  }

 private:
  Agent* const agent_;
  KeyValueStore* const store_;
};

class PlainWork final : public work::v1::WorkService::Service {
 public:
  explicit PlainWork(const std::string& directory)
      : writer_(directory, [this](const std::vector<Write>& writes) { Written(writes); }) {}

  grpc::Status Work(grpc::ServerContext*, const work::v1::WorkRequest* request,
                    work::v1::WorkResponse*) override {
    std::promise<void> durable;
    {
      MutexLock lock(&mutex_);
      const std::uint64_t tag = next_tag_++;
      waiting_[tag] = &durable;
      sum_ += request->delta();
      writer_.Add({{tag, request->key(), std::to_string(request->delta()), ""}});
    }
    durable.get_future().wait();
    return grpc::Status::OK;
  }

  const GroupWriter& writer() const { return writer_; }
  std::int64_t sum() const { return sum_; }

 private:
  void Written(const std::vector<Write>& writes) {
    MutexLock lock(&mutex_);
    for (const Write& write : writes) waiting_.extract(write.tag).mapped()->set_value();
  }

  Mutex mutex_;
  std::uint64_t next_tag_ ASSENT_GUARDED_BY(mutex_) = 1;
  std::unordered_map<std::uint64_t, std::promise<void>*> waiting_ ASSENT_GUARDED_BY(mutex_);
  std::atomic<std::int64_t> sum_ = 0;
  GroupWriter writer_;
};

}  // namespace

int RunService(const Arguments& arguments) {
  StoreAgent participant(arguments);
  if (!participant.error().empty()) {
    ServeQuestions(participant.error(), [](const std::string&) { return ""; });
    return 1;
  }
  TransactionalWork work(participant.agent(), participant.store());
  const WorkServer server(&work);
  ServeQuestions(server.greeting(), [&participant](const std::string& question) {
    return participant.Answer(question);
  });
  std::_Exit(0);  // calls may be waiting
}

int RunPlainService(const Arguments& arguments) {
  PlainWork work(arguments[1]);
  const WorkServer server(&work);
  ServeQuestions(work.writer().error().empty() ? server.greeting() : work.writer().error(),
                 [&work](const std::string& question) {
                   return question == "sum" ? std::to_string(work.sum())
                                            : std::to_string(work.writer().syncs());
                 });
  std::_Exit(0);  // calls may be waiting
}

}  // namespace assent::bench
