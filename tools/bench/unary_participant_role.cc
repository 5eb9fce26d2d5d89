#include "tools/bench/unary_participant_role.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "assent/v1/participant_service.grpc.pb.h"
#include "core/check.h"
#include "runtime/frames.h"
#include "runtime/random.h"
#include "tools/bench/group_writer.h"
#include "tools/bench/role_server.h"

namespace assent::bench {
namespace {

using Raw = v1::ParticipantService::WithRawMethod_Prepare<
    v1::ParticipantService::WithRawMethod_Commit<v1::ParticipantService::WithRawMethod_Abort<
        v1::ParticipantService::WithRawMethod_ListPrepared<v1::ParticipantService::Service>>>>;

// Never destroyed. All but the constructor and the counts: on the loop's thread.
class UnaryParticipant {
 public:
  explicit UnaryParticipant(const std::string& directory)
      : server_({&service_}),
        writer_(directory, [this](const std::vector<Write>& writes) { Written(writes); }) {
    const auto handle = [this](void (UnaryParticipant::*method)(UnaryCall*)) {
      return [this, method](UnaryCall* call) { (this->*method)(call); };
    };
    server_.Unary(&service_, &Raw::RequestPrepare, handle(&UnaryParticipant::Prepare));
    server_.Unary(&service_, &Raw::RequestCommit, handle(&UnaryParticipant::Commit));
    server_.Unary(&service_, &Raw::RequestAbort, handle(&UnaryParticipant::Abort));
    server_.Unary(&service_, &Raw::RequestListPrepared, handle(&UnaryParticipant::ListPrepared));
    server_.Run([this] {
      if (!arrived_.empty()) writer_.Add(std::exchange(arrived_, {}));
    });
  }

  const std::string& address() const { return server_.address(); }
  const GroupWriter& writer() const { return writer_; }
  std::uint64_t committed() const { return committed_; }

 private:
  template <class Request>
  static bool Parse(UnaryCall* call, Request* request) {
    WireError error;
    if (ParseBuffer(call->request(), request, &error)) return true;
    call->Fail(ToStatus(error));
    return false;
  }

  void Prepare(UnaryCall* call) {
    v1::PrepareRequest request;
    if (!Parse(call, &request)) return;
    v1::PrepareResponse response;
    response.set_vote(v1::VOTE_KIND_YES);
    ReplyWhenWritten(call, SerializeBuffer(response), "p" + request.transaction_id(),
                     request.payload(), "");
  }

  void Commit(UnaryCall* call) {
    v1::CommitRequest request;
    if (!Parse(call, &request)) return;
    v1::CommitResponse response;
    response.set_acknowledged(true);
    ++committed_;
    ReplyWhenWritten(call, SerializeBuffer(response),
                     std::string("d").append(std::to_string(committed_ % 100'000)), "1",
                     "p" + request.transaction_id());
  }

  void Abort(UnaryCall* call) {
    v1::AbortRequest request;
    if (!Parse(call, &request)) return;
    writer_.Erase("p" + request.transaction_id());
    call->Reply(SerializeBuffer(v1::AbortResponse()));
  }

  void ListPrepared(UnaryCall* call) {
    v1::ListPreparedResponse response;
    response.set_store_id(store_);
    response.set_incarnation(1);
    response.set_life_number(life_);
    call->Reply(SerializeBuffer(response));
  }

  void ReplyWhenWritten(UnaryCall* call, grpc::ByteBuffer response, std::string key,
                        std::string value, std::string erased) {
    const std::uint64_t tag = next_tag_++;
    waiting_.emplace(tag, std::make_pair(call, std::move(response)));
    arrived_.push_back({tag, std::move(key), std::move(value), std::move(erased)});
  }

  // The writer's thread.
  void Written(const std::vector<Write>& writes) {
    const bool posted = server_.loop()->Post([this, writes] {
      for (const Write& write : writes) {
        auto entry = waiting_.extract(write.tag);
        entry.mapped().first->Reply(entry.mapped().second);
      }
    });
    ASSENT_CHECK(posted, "the loop does not end");
  }

  static std::string DrawStore() {
    char text[33];
    std::snprintf(text, sizeof(text), "%016llx%016llx",
                  static_cast<unsigned long long>(RandomNumber()),
                  static_cast<unsigned long long>(RandomNumber()));
    return text;
  }

  const std::string store_ = DrawStore();
  const std::uint64_t life_ = RandomNumber() | 1;
  Raw service_;
  RoleServer server_;
  GroupWriter writer_;
  std::vector<Write> arrived_;
  std::unordered_map<std::uint64_t, std::pair<UnaryCall*, grpc::ByteBuffer>> waiting_;
  std::uint64_t next_tag_ = 1;
  std::atomic<std::uint64_t> committed_ = 0;
};

}  // namespace

int RunUnaryParticipant(const Arguments& arguments) {
  auto* const participant = new UnaryParticipant(arguments[1]);
  const std::string& error = participant->writer().error();
  ServeQuestions(error.empty() ? "ready " + participant->address() : error,
                 [participant](const std::string& question) {
                   return std::to_string(question == "sum" ? participant->committed()
                                                           : participant->writer().syncs());
                 });
  std::_Exit(error.empty() ? 0 : 1);
}

}  // namespace assent::bench
