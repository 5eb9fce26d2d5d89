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
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/time.h"
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
  std::uint64_t held_back = 0;   // deliveries that a partition delayed or swallowed
  std::uint64_t keepalives = 0;  // streams that a partition ended
};

class Network {
 public:
  // All must outlive the network.
  Network(const Profile* profile, Scheduler* scheduler, Random* random)
      : profile_(profile), scheduler_(scheduler), random_(random) {}

  // The client may send at once; OnClosed tells if nobody is there.
  StreamId Connect(Host* client, Host* server, StreamKind kind);
  // Ignored if the stream has ended at `from`.
  void Send(StreamId id, Host* from, std::string frame);
  // Ends it at `from` at once, at the other side after what was sent.
  void Close(StreamId id, Host* from);

  using CallDone = std::function<void(std::optional<std::string> reply)>;
  // `done` comes once, in this life of `from` only: the first reply, or nothing after `deadline`
  // at the latest.
  void Call(Host* from, Host* to, Method method, std::string body, Duration deadline,
            CallDone done);
  void Reply(CallNumber call, std::string body);

  // Faults.
  void Cut(const Host* from, const Host* to, Time until);
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
  struct PendingCall {
    Host* from = nullptr;
    std::uint64_t life = 0;
    Host* to = nullptr;
    CallDone done;
  };

  Duration Delay();
  Time CutUntil(const Host* from, const Host* to) const;
  void Push(StreamId id, Stream* stream, int side, What what, std::string bytes, Duration delay);
  // The end at `side` learns, after a part of what is in flight, that the stream is over.
  void PushClose(StreamId id, Stream* stream, int side);
  void ScheduleFront(StreamId id, int side, Time when);
  void Deliver(StreamId id, int side);
  // True if the front item may arrive now; else it has been rescheduled or dropped.
  bool MayArrive(StreamId id, Stream* stream, int side);
  void Accept(StreamId id, int side, Item item);
  void Open(StreamId id, Stream* stream);
  void Reset(StreamId id, Stream* stream);
  void EraseIfOver(StreamId id);

  void SendRequest(CallNumber number, Method method, std::string body, Duration delay);
  void ArriveRequest(CallNumber number, Host* to, Method method, std::string body);
  void Finish(CallNumber number, std::optional<std::string> reply);

  const Profile* const profile_;
  Scheduler* const scheduler_;
  Random* const random_;
  bool healed_ = false;
  std::map<StreamId, Stream> streams_;
  StreamId next_stream_ = 1;
  std::unordered_map<CallNumber, PendingCall> calls_;
  CallNumber next_call_ = 1;
  std::map<std::pair<std::string, std::string>, Time> cuts_;
  NetworkCounts counts_;
};

}  // namespace assent::simulation
