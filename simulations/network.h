// The network of a world: streams that deliver once and in order or end, and calls whose request
// or reply may be lost, doubled, late or out of order.
//
// Faults of streams: delay, resets (what was in flight arrives in part), ends that notice late
// (half-open), partitions in one or both directions, which hold frames back until a keepalive ends
// the stream. A process that dies ends its streams; what it sent before may still arrive.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/time.h"
#include "simulations/event_log.h"
#include "simulations/profile.h"
#include "simulations/random.h"
#include "simulations/scheduler.h"

namespace assent::simulation {

using StreamId = std::uint64_t;
using CallNumber = std::uint64_t;

enum class StreamKind { kAttach, kSession };

enum class Method : std::uint8_t {
  // TransactionService
  kBegin,
  kEnlist,
  kCommit,
  kAbort,
  kGet,
  // ParticipantService
  kPrepareBranch,
  kCommitBranch,
  kAbortBranch,
  kListPrepared,
  // A service of the application's.
  kWork,
};

// What the network knows of a process.
class Host {
 public:
  virtual ~Host() = default;
  virtual const std::string& name() const = 0;
  virtual bool up() const = 0;
  virtual std::uint64_t life() const = 0;
  virtual Time paused_until() const = 0;

  virtual void OnConnected(StreamId, StreamKind) {}
  virtual void OnFrame(StreamId, std::string) {}
  virtual void OnClosed(StreamId) {}
  virtual void OnCall(CallNumber, Method, std::string) {}
};

struct NetworkCounts {
  std::uint64_t frames = 0;
  std::uint64_t calls = 0;
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t resets = 0;
  std::uint64_t held_back = 0;    // deliveries that a partition delayed or swallowed
  std::uint64_t keepalives = 0;   // streams that a partition ended
  std::uint64_t misdirected = 0;  // dials and calls that went to an address of before
};

class MessageRecorder;
struct MessageWords;

class Network {
 public:
  // All must outlive the network. `events` may be null.
  Network(const Profile* profile, Scheduler* scheduler, Random* random, EventLog* events = nullptr);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // The client may send at once; OnClosed tells if nobody is there.
  StreamId Connect(Host* client, Host* server, StreamKind kind);
  // Ignored if the stream has ended at `from`.
  void Send(StreamId id, Host* from, std::string frame);
  // Ends it at `from` at once, at the other side after what was sent.
  void Close(StreamId id, Host* from);

  using CallDone = std::function<void(std::optional<std::string> reply)>;
  // `done` comes once, in this life of `from` only: the first reply, or nothing after `deadline`
  // at the latest.
  void Call(Host* from, Host* wanted, Method method, std::string body, Duration deadline,
            CallDone done);
  void Reply(CallNumber call, std::string body);

  // Faults.
  void Cut(const Host* from, const Host* to, Time until);
  // `host`, which is down, comes back under another address. Until `known` whoever dials it by its
  // name may still get the old one: there is nobody, or `tenant`, which is of the same kind.
  void Move(Host* host, Host* tenant, Time known);
  void ResetOne();
  void Died(Host* host);
  // From now on nothing is lost, slow or doubled; cuts are over.
  void Heal();

  const NetworkCounts& counts() const { return counts_; }
  std::size_t open_streams() const { return streams_.size(); }

 private:
  enum class What { kOpen, kFrame, kClose };
  struct Item {
    What what = What::kFrame;
    Time at;
    Time held_since = Time::Never();
    std::string bytes;
    std::uint64_t message = 0;  // of the recorder
  };
  struct End {
    Host* host = nullptr;
    std::uint64_t life = 0;
    bool open = false;
    std::deque<Item> inbound;
    Time last;
  };
  struct Stream {
    StreamKind kind = StreamKind::kAttach;
    bool accepted = false;  // the server has seen it, or never will
    End ends[2];            // client, server
  };
  // One copy of a call's request on its way.
  struct Request {
    CallNumber number = 0;
    Host* from = nullptr;
    Host* to = nullptr;
    Method method = Method::kGet;
    std::string body;
    std::uint64_t message = 0;
  };
  struct PendingCall {
    Host* from = nullptr;
    std::uint64_t life = 0;
    Host* to = nullptr;
    Method method = Method::kGet;
    CallDone done;
    std::vector<TransactionId> about;  // if it is recorded
  };

  Duration Delay();
  // Whom the name of `wanted` leads to now.
  Host* Resolve(Host* wanted, bool may_be_tenant);
  Time CutUntil(const Host* from, const Host* to) const;
  void Push(StreamId id, Stream* stream, int side, Item item, Duration delay);
  std::uint64_t RecordSend(const Stream& stream, int side, MessageWords words);
  std::uint64_t RecordFrame(const Stream& stream, int side, const std::string& frame);
  void RecordLost(const Stream& stream, int side, const Item& item, const char* why);
  // The end at `side` learns, after a part of what is in flight, that the stream is over.
  void PushClose(StreamId id, Stream* stream, int side);
  void ScheduleFront(StreamId id, int side, Time when);
  void Deliver(StreamId id, int side);
  // True if the front item may arrive now; else it has been rescheduled or dropped.
  bool MayArrive(StreamId id, Stream* stream, int side);
  void Accept(StreamId id, int side, Item item);
  void Open(StreamId id, Stream* stream, const Item& item);
  void Reset(StreamId id, Stream* stream);
  void EraseIfOver(StreamId id);

  std::uint64_t RecordRequest(PendingCall* call, const std::string& body);
  void LoseCall(std::uint64_t message, const Host& from, const Host& to);
  // A partition swallows the call now.
  bool IsCut(std::uint64_t message, const Host& from, const Host& to);
  // Gives the recorder's number of it.
  std::uint64_t SendRequest(CallNumber number, std::string body, Duration delay);
  void ArriveRequest(Request request);
  void Finish(CallNumber number, std::optional<std::string> reply, std::uint64_t message = 0);

  const Profile* const profile_;
  Scheduler* const scheduler_;
  Random* const random_;
  const std::unique_ptr<MessageRecorder> recorder_;
  bool healed_ = false;
  std::map<StreamId, Stream> streams_;
  StreamId next_stream_ = 1;
  std::unordered_map<CallNumber, PendingCall> calls_;
  CallNumber next_call_ = 1;
  std::map<std::pair<std::string, std::string>, Time> cuts_;
  struct Moved {
    Host* tenant = nullptr;  // of the old address; null: nobody
    Time known;
  };
  std::map<const Host*, Moved> moved_;
  NetworkCounts counts_;
};

}  // namespace assent::simulation
