#include "simulations/network.h"

#include <algorithm>

#include "core/check.h"
#include "simulations/message_recorder.h"

namespace assent::simulation {
namespace {

// What listens at an address that its process has left.
class Nobody final : public Host {
 public:
  const std::string& name() const override { return name_; }
  bool up() const override { return false; }
  std::uint64_t life() const override { return 0; }
  Time paused_until() const override { return Time(); }

 private:
  const std::string name_ = "nobody";
};

// Between a coordinator and a participant without the library: each call names whom it is for.
bool IsOfParticipant(Method method) {
  return method == Method::kPrepareBranch || method == Method::kCommitBranch ||
         method == Method::kAbortBranch || method == Method::kListPrepared;
}

// Longer than a keepalive nobody believes in a silent peer.
constexpr Duration kKeepalive = Duration::Seconds(20);

MessageWords InWords(const char* label, const char* text) { return MessageWords{label, text, {}}; }

}  // namespace

Network::Network(const Profile* profile, Scheduler* scheduler, Random* random, EventLog* events)
    : profile_(profile),
      scheduler_(scheduler),
      random_(random),
      recorder_(std::make_unique<MessageRecorder>(events)) {}

Network::~Network() = default;

Duration Network::Delay() {
  constexpr std::int64_t kHealedDelay = 100;
  const std::int64_t mean =
      healed_ ? std::min(profile_->delay_us, kHealedDelay) : profile_->delay_us;
  std::int64_t delay = mean / 2 + random_->Below(mean + 1);
  if (!healed_ && random_->Chance(profile_->slow_ppm)) {
    delay *= random_->Between(1, std::max<std::int64_t>(profile_->slow_factor, 1));
  }
  return Duration::Micros(delay);
}

Time Network::CutUntil(const Host* from, const Host* to) const {
  if (cuts_.empty()) return Time();
  const auto found = cuts_.find({from->name(), to->name()});
  return found == cuts_.end() ? Time() : found->second;
}

void Network::Cut(const Host* from, const Host* to, Time until) {
  Time& cut = cuts_[{from->name(), to->name()}];
  cut = std::max(cut, until);
}

void Network::Move(Host* host, Host* tenant, Time known) { moved_[host] = Moved{tenant, known}; }

Host* Network::Resolve(Host* wanted, bool may_be_tenant) {
  static Nobody nobody;
  const auto moved = moved_.find(wanted);
  if (moved == moved_.end()) return wanted;
  if (moved->second.known <= scheduler_->Now()) {
    moved_.erase(moved);
    return wanted;
  }
  if (random_->Below(2) == 0) return wanted;
  ++counts_.misdirected;
  recorder_->Fault("misdirected", 0, *wanted, *wanted, "somebody goes to its address of before");
  Host* const tenant = moved->second.tenant;
  return tenant != nullptr && may_be_tenant ? tenant : &nobody;
}

void Network::Heal() {
  moved_.clear();
  healed_ = true;
  cuts_.clear();
}

// ---------------------------------------------------------------------------------------------
// Streams

std::uint64_t Network::RecordSend(const Stream& stream, int side, MessageWords words) {
  return recorder_->Sent(*stream.ends[1 - side].host, *stream.ends[side].host, std::move(words));
}

std::uint64_t Network::RecordFrame(const Stream& stream, int side, const std::string& frame) {
  if (!recorder_->on()) return 0;
  const auto coordinator = CoordinatorId::Parse(stream.ends[1].host->name());
  return RecordSend(
      stream, side,
      WordsOfFrame(stream.kind, side == 1, coordinator.value_or(CoordinatorId()), frame));
}

void Network::RecordLost(const Stream& stream, int side, const Item& item, const char* why) {
  recorder_->Lost(item.message, *stream.ends[1 - side].host, *stream.ends[side].host, why);
}

StreamId Network::Connect(Host* client, Host* server, StreamKind kind) {
  const StreamId id = next_stream_++;
  Stream& stream = streams_[id];
  stream.kind = kind;
  stream.ends[0].host = client;
  stream.ends[0].life = client->life();
  stream.ends[0].open = true;
  stream.ends[1].host = Resolve(server, kind == StreamKind::kAttach);
  Item item;
  item.what = What::kOpen;
  if (recorder_->on()) item.message = RecordSend(stream, 1, InWords("dial", "opens a stream"));
  Push(id, &stream, 1, std::move(item), Delay());
  return id;
}

void Network::Send(StreamId id, Host* from, std::string frame) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  const int side = stream.ends[0].host == from ? 0 : 1;
  if (!stream.ends[side].open) return;
  Item item;
  item.message = RecordFrame(stream, 1 - side, frame);
  item.bytes = std::move(frame);
  Duration delay = Delay();
  if (!healed_ && random_->Chance(profile_->loss_ppm)) {
    ++counts_.lost;  // sent again below us
    recorder_->Fault("lost", item.message, *from, *stream.ends[1 - side].host,
                     "a packet is lost, and sent again");
    delay = delay + random_->Between(Duration::Millis(200), Duration::Millis(1000));
  }
  Push(id, &stream, 1 - side, std::move(item), delay);
}

void Network::Close(StreamId id, Host* from) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  const int side = stream.ends[0].host == from ? 0 : 1;
  if (!stream.ends[side].open) return;
  stream.ends[side].open = false;
  Item item;
  item.what = What::kClose;
  if (recorder_->on()) {
    item.message = RecordSend(stream, 1 - side, InWords("hang up", "ends the stream"));
  }
  Push(id, &stream, 1 - side, std::move(item), Delay());
}

void Network::Push(StreamId id, Stream* stream, int side, Item item, Duration delay) {
  End& end = stream->ends[side];
  item.at = std::max(end.last, scheduler_->Now() + delay);
  end.last = item.at;
  end.inbound.push_back(std::move(item));
  if (end.inbound.size() == 1) ScheduleFront(id, side, end.last);
}

void Network::PushClose(StreamId id, Stream* stream, int side) {
  End& end = stream->ends[side];
  const std::size_t kept =
      static_cast<std::size_t>(random_->Between(0, static_cast<std::int64_t>(end.inbound.size())));
  for (std::size_t i = kept; i < end.inbound.size(); ++i) {
    RecordLost(*stream, side, end.inbound[i], "the connection broke");
  }
  end.inbound.resize(kept);
  Duration delay = Delay();
  if (!healed_ && random_->Chance(profile_->half_open_ppm)) {
    delay = delay + random_->Between(Duration(), kKeepalive);
  }
  Item item;
  item.what = What::kClose;
  if (recorder_->on()) {
    item.message = RecordSend(*stream, side, InWords("broken", "the connection broke"));
  }
  Push(id, stream, side, std::move(item), delay);
}

void Network::ScheduleFront(StreamId id, int side, Time when) {
  scheduler_->At(when, [this, id, side] { Deliver(id, side); });
}

bool Network::MayArrive(StreamId id, Stream* stream, int side) {
  End& end = stream->ends[side];
  if (end.inbound.empty()) return false;
  Item& item = end.inbound.front();
  const Time now = scheduler_->Now();
  Time wait = item.at;
  const bool lives = item.what == What::kOpen ? end.host->up() : end.life == end.host->life();
  if (lives) wait = std::max(wait, end.host->paused_until());
  if (wait > now) {
    ScheduleFront(id, side, wait);
    return false;
  }
  const Time cut_until = CutUntil(stream->ends[1 - side].host, end.host);
  if (item.what == What::kClose || cut_until <= now) return true;
  ++counts_.held_back;
  recorder_->Fault("held_back", item.message, *stream->ends[1 - side].host, *end.host,
                   "a partition holds it back");
  if (item.held_since.IsNever()) item.held_since = now;
  const Time keepalive = item.held_since + kKeepalive;
  if (keepalive <= now) {
    ++counts_.keepalives;
    recorder_->Fault("keepalives", item.message, *stream->ends[1 - side].host, *end.host,
                     "a keepalive ends the stream");
    Reset(id, stream);
  }
  ScheduleFront(id, side, keepalive <= now ? now : std::min(cut_until, keepalive));
  return false;
}

void Network::Deliver(StreamId id, int side) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || !MayArrive(id, &found->second, side)) return;
  End& end = found->second.ends[side];
  Item item = std::move(end.inbound.front());
  end.inbound.pop_front();
  if (!end.inbound.empty()) ScheduleFront(id, side, end.inbound.front().at);
  Accept(id, side, std::move(item));
  EraseIfOver(id);
}

void Network::Accept(StreamId id, int side, Item item) {
  Stream& stream = streams_.at(id);
  if (item.what == What::kOpen) return Open(id, &stream, item);
  End& end = stream.ends[side];
  const bool heard = end.open && end.host->up() && end.life == end.host->life();
  Host* const host = end.host;
  if (heard) {
    recorder_->Delivered(item.message, *stream.ends[1 - side].host, *host);
  } else {
    RecordLost(stream, side, item, "nobody listens any more");
  }
  if (item.what == What::kClose) {
    end.open = false;
    stream.accepted = true;
    if (heard) host->OnClosed(id);
  } else if (heard) {
    ++counts_.frames;
    scheduler_->AddToDigest(item.bytes);
    host->OnFrame(id, std::move(item.bytes));
  }
}

void Network::Open(StreamId id, Stream* stream, const Item& item) {
  stream->accepted = true;
  End& server = stream->ends[1];
  if (!server.host->up()) {
    RecordLost(*stream, 1, item, "nobody is there");
    return PushClose(id, stream, 0);
  }
  recorder_->Delivered(item.message, *stream->ends[0].host, *server.host);
  server.life = server.host->life();
  server.open = true;
  server.host->OnConnected(id, stream->kind);
}

void Network::Reset(StreamId id, Stream* stream) {
  PushClose(id, stream, 0);
  PushClose(id, stream, 1);
}

void Network::ResetOne() {
  if (streams_.empty()) return;
  auto chosen = streams_.begin();
  std::advance(chosen, random_->Below(static_cast<std::int64_t>(streams_.size())));
  if (!chosen->second.accepted) return;
  ++counts_.resets;
  recorder_->Fault("resets", 0, *chosen->second.ends[0].host, *chosen->second.ends[1].host,
                   "the connection is reset");
  Reset(chosen->first, &chosen->second);
}

void Network::Died(Host* host) {
  for (auto& [id, stream] : streams_) {
    for (int side = 0; side < 2; ++side) {
      if (stream.ends[side].host != host || !stream.ends[side].open) continue;
      stream.ends[side].open = false;
      PushClose(id, &stream, 1 - side);
    }
  }
}

void Network::EraseIfOver(StreamId id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const Stream& stream = found->second;
  if (!stream.accepted || stream.ends[0].open || stream.ends[1].open) return;
  for (int side = 0; side < 2; ++side) {
    for (const Item& item : stream.ends[side].inbound) {
      RecordLost(stream, side, item, "the connection is over");
    }
  }
  streams_.erase(found);
}

// ---------------------------------------------------------------------------------------------
// Calls

void Network::Call(Host* from, Host* wanted, Method method, std::string body, Duration deadline,
                   CallDone done) {
  Host* const to = Resolve(wanted, IsOfParticipant(method));
  const CallNumber number = next_call_++;
  ++counts_.calls;
  calls_.emplace(number, PendingCall{from, from->life(), to, method, std::move(done), {}});
  if (!healed_ && random_->Chance(profile_->duplicate_ppm) && method != Method::kWork) {
    ++counts_.duplicated;
    Duration delay = Delay() + Delay();
    if (random_->Chance(profile_->late_ppm)) {
      delay = delay + random_->Between(Duration(), Duration::Seconds(120));
    }
    const std::uint64_t message = SendRequest(number, body, delay);
    recorder_->Fault("duplicated", message, *from, *to, "a second copy of the call");
  }
  SendRequest(number, std::move(body), Delay());
  scheduler_->After(deadline, [this, number] { Finish(number, std::nullopt); });
}

std::uint64_t Network::RecordRequest(PendingCall* call, const std::string& body) {
  if (!recorder_->on()) return 0;
  MessageWords words = WordsOfRequest(call->method, body);
  call->about = words.about;
  return recorder_->Sent(*call->from, *call->to, std::move(words));
}

std::uint64_t Network::SendRequest(CallNumber number, std::string body, Duration delay) {
  PendingCall& call = calls_.at(number);
  const std::uint64_t message = RecordRequest(&call, body);
  if (!healed_ && random_->Chance(profile_->loss_ppm)) {
    ++counts_.lost;
    LoseCall(message, *call.from, *call.to);
    return message;
  }
  Request request{number, call.from, call.to, call.method, std::move(body), message};
  scheduler_->After(delay, [this, request = std::move(request)]() mutable {
    if (IsCut(request.message, *request.from, *request.to)) return;
    ArriveRequest(std::move(request));
  });
  return message;
}

void Network::LoseCall(std::uint64_t message, const Host& from, const Host& to) {
  recorder_->Fault("lost", message, from, to, "it is lost");
  recorder_->Lost(message, from, to, "lost");
}

bool Network::IsCut(std::uint64_t message, const Host& from, const Host& to) {
  if (CutUntil(&from, &to) <= scheduler_->Now()) return false;
  ++counts_.held_back;
  recorder_->Fault("held_back", message, from, to, "a partition swallows it");
  recorder_->Lost(message, from, to, "a partition swallows it");
  return true;
}

void Network::ArriveRequest(Request request) {
  Host* const to = request.to;
  if (!to->up()) {
    // Nobody listens there: the caller hears of it, unless it heard otherwise already.
    recorder_->Lost(request.message, *request.from, *to, "nobody is there");
    scheduler_->After(Delay(), [this, number = request.number] { Finish(number, std::nullopt); });
    return;
  }
  if (to->paused_until() > scheduler_->Now()) {
    scheduler_->At(to->paused_until(), [this, request = std::move(request)]() mutable {
      ArriveRequest(std::move(request));
    });
    return;
  }
  recorder_->Delivered(request.message, *request.from, *to);
  scheduler_->AddToDigest(request.body);
  to->OnCall(request.number, request.method, std::move(request.body));
}

void Network::Reply(CallNumber number, std::string body) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  const PendingCall& call = found->second;
  const Host* const from = call.to;
  const Host* const to = call.from;
  std::uint64_t message = 0;
  if (recorder_->on()) {
    message = recorder_->Sent(*from, *to, WordsOfReply(call.method, body, call.about));
  }
  if (!healed_ && random_->Chance(profile_->loss_ppm)) {
    ++counts_.lost;
    return LoseCall(message, *from, *to);
  }
  scheduler_->After(Delay(), [this, number, from, to, message, body = std::move(body)]() mutable {
    if (IsCut(message, *from, *to)) return;
    scheduler_->AddToDigest(body);
    if (!calls_.contains(number)) recorder_->Lost(message, *from, *to, "it comes too late");
    Finish(number, std::move(body), message);
  });
}

void Network::Finish(CallNumber number, std::optional<std::string> reply, std::uint64_t message) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  Host* const from = found->second.from;
  if (from->up() && from->life() == found->second.life &&
      from->paused_until() > scheduler_->Now()) {
    scheduler_->At(from->paused_until(),
                   [this, number, message, reply = std::move(reply)]() mutable {
                     Finish(number, std::move(reply), message);
                   });
    return;
  }
  PendingCall call = std::move(found->second);
  calls_.erase(found);
  if (!call.from->up() || call.from->life() != call.life) {
    return recorder_->Lost(message, *call.to, *call.from, "nobody listens any more");
  }
  recorder_->Delivered(message, *call.to, *call.from);
  call.done(std::move(reply));
}

}  // namespace assent::simulation
