// A participant without our library: ParticipantService, dialled at the address that the
// configuration allows.
//
// ListPrepared is called at start, on regained contact and periodically; its answer is what an
// agent tells by Attach and Inquire. A Prepare whose call fails is lost, which aborts; a Commit
// whose call fails is repeated by the core.
//
// Bounded, whatever the participant does with its calls: at most `max_calls` are under way and
// `max_waiting` wait, and of each transaction at most one Commit or Abort. What does not fit is
// lost, as if its call had failed. Commits and Aborts go before Prepares, and a quarter of the
// calls is theirs alone: what is decided does not wait for work that hangs.
//
// Event thread only; must outlive the loop's Run. Nothing blocks.
#pragma once

#include <grpcpp/channel.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>

#include "coordinator/shell.h"
#include "core/messages.h"
#include "proto/wire_convert.h"
#include "runtime/event_loop.h"
#include "runtime/timer.h"
#include "runtime/unary_client.h"

namespace assent {

struct UnaryParticipantOptions {
  std::string name;
  std::string address;                               // "host:port", "unix:path"
  Duration poll_interval = Duration::Seconds(5);     // of ListPrepared while there is contact
  Duration first_redial = Duration::Millis(200);     // without contact; doubled up to poll_interval
  Duration call_timeout = Duration::Seconds(10);     // of ListPrepared, Commit and Abort
  Duration prepare_timeout = Duration::Seconds(30);  // of Prepare
  std::size_t max_calls = 64;                        // at once; more wait
  std::size_t max_waiting = 10'000;
};

class UnaryParticipant final : private ParticipantLink {
 public:
  UnaryParticipant(EventLoop* loop, Shell* shell, const UnaryParticipantOptions& options);
  UnaryParticipant(const UnaryParticipant&) = delete;
  UnaryParticipant& operator=(const UnaryParticipant&) = delete;

  // Begins to dial. Once.
  void Start() { Poll(); }
  // Dials no more and cancels the calls under way, which come back at once.
  void Stop();

 private:
  struct Call {
    const char* method = nullptr;
    grpc::ByteBuffer body;
    Duration timeout;
    std::function<void(UnaryResult*)> done;
  };

  void Send(ToParticipant message) override;
  void Close(Reason reason, std::string text) override;

  void SendPrepare(Prepare prepare);
  void SendCommit(const Commit& commit);
  void SendAbort(const Abort& abort);
  void LoseLater(Sequence id);
  // Whether the Commit or Abort of `id` is to be called: there is room, and none is on its way.
  bool Claim(Sequence id);
  void Unclaim(LinkId link, Sequence id);
  bool full() const { return prepares_.size() + ends_.size() >= options_.max_waiting; }
  void EnqueueEnd(Call call);
  void StartCalls();
  void StartWaiting(Call call);
  void StartCall(const UnaryRequest& request, std::function<void(UnaryResult*)> done);

  void Poll();
  void PollSoon();
  void Polled(UnaryResult* result);
  void Forget();
  void Contact(Attach attach, const std::vector<Inquire>& prepared);
  void LoseContact(const std::string& why);
  Addressee ToMe() const;

  EventLoop* const loop_;
  Shell* const shell_;
  const UnaryParticipantOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  Timer poll_;
  Duration redial_;
  bool stopped_ = false;
  bool polling_ = false;  // a poll is under way
  // Acknowledged since it began: a list that was made before names them still.
  std::unordered_set<Sequence, SequenceHash> acknowledged_;
  bool complained_ = false;  // the loss of contact has been logged
  LinkId link_ = 0;          // 0: no contact
  StoreId store_;
  Incarnation incarnation_ = 0;
  LifeNumber life_ = 0;
  std::unordered_set<UnaryClientCall*> calls_;  // under way, a poll among them
  std::size_t prepares_under_way_ = 0;
  // What waits: Prepares, the oldest transaction first, and Commits and Aborts.
  std::map<Sequence, Call> prepares_;
  std::deque<Call> ends_;
  // Transactions whose Commit or Abort waits or is under way on this link.
  std::unordered_set<Sequence, SequenceHash> finishing_;
};

}  // namespace assent
