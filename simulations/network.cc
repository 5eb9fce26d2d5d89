#include "simulations/network.h"

#include <algorithm>

#include "core/check.h"

namespace assent::simulation {
namespace {

// Longer than a keepalive nobody believes in a silent peer.
constexpr Duration kKeepalive = Duration::Seconds(20);

}  // namespace

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

void Network::Heal() {
  healed_ = true;
  cuts_.clear();
}

// ---------------------------------------------------------------------------------------------
// Streams

StreamId Network::Connect(Host* client, Host* server, StreamKind kind) {
  const StreamId id = next_stream_++;
  Stream& stream = streams_[id];
  stream.kind = kind;
  stream.ends[0].host = client;
  stream.ends[0].life = client->life();
  stream.ends[0].open = true;
  stream.ends[1].host = server;
  Push(id, &stream, 1, What::kOpen, "", Delay());
  return id;
}

void Network::Send(StreamId id, Host* from, std::string frame) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  const int side = stream.ends[0].host == from ? 0 : 1;
  if (!stream.ends[side].open) return;
  Duration delay = Delay();
  if (!healed_ && random_->Chance(profile_->loss_ppm)) {
    ++counts_.lost;  // sent again below us
    delay = delay + random_->Between(Duration::Millis(200), Duration::Millis(1000));
  }
  Push(id, &stream, 1 - side, What::kFrame, std::move(frame), delay);
}

void Network::Close(StreamId id, Host* from) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  const int side = stream.ends[0].host == from ? 0 : 1;
  if (!stream.ends[side].open) return;
  stream.ends[side].open = false;
  Push(id, &stream, 1 - side, What::kClose, "", Delay());
}

void Network::Push(StreamId id, Stream* stream, int side, What what, std::string bytes,
                   Duration delay) {
  End& end = stream->ends[side];
  Item item;
  item.what = what;
  item.at = std::max(end.last, scheduler_->Now() + delay);
  item.bytes = std::move(bytes);
  end.last = item.at;
  end.inbound.push_back(std::move(item));
  if (end.inbound.size() == 1) ScheduleFront(id, side, end.last);
}

void Network::PushClose(StreamId id, Stream* stream, int side) {
  End& end = stream->ends[side];
  const std::size_t kept =
      static_cast<std::size_t>(random_->Between(0, static_cast<std::int64_t>(end.inbound.size())));
  end.inbound.resize(kept);
  Duration delay = Delay();
  if (!healed_ && random_->Chance(profile_->half_open_ppm)) {
    delay = delay + random_->Between(Duration(), kKeepalive);
  }
  Push(id, stream, side, What::kClose, "", delay);
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
  if (item.held_since.IsNever()) item.held_since = now;
  const Time keepalive = item.held_since + kKeepalive;
  if (keepalive <= now) {
    ++counts_.keepalives;
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
  if (item.what == What::kOpen) return Open(id, &stream);
  End& end = stream.ends[side];
  const bool heard = end.open && end.host->up() && end.life == end.host->life();
  Host* const host = end.host;
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

void Network::Open(StreamId id, Stream* stream) {
  stream->accepted = true;
  End& server = stream->ends[1];
  if (!server.host->up()) return PushClose(id, stream, 0);
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
  if (stream.accepted && !stream.ends[0].open && !stream.ends[1].open) streams_.erase(found);
}

// ---------------------------------------------------------------------------------------------
// Calls

void Network::Call(Host* from, Host* to, Method method, std::string body, Duration deadline,
                   CallDone done) {
  const CallNumber number = next_call_++;
  ++counts_.calls;
  calls_.emplace(number, PendingCall{from, from->life(), to, std::move(done)});
  if (!healed_ && random_->Chance(profile_->duplicate_ppm) && method != Method::kWork) {
    ++counts_.duplicated;
    Duration delay = Delay() + Delay();
    if (random_->Chance(profile_->late_ppm)) {
      delay = delay + random_->Between(Duration(), Duration::Seconds(120));
    }
    SendRequest(number, method, body, delay);
  }
  SendRequest(number, method, std::move(body), Delay());
  scheduler_->After(deadline, [this, number] { Finish(number, std::nullopt); });
}

void Network::SendRequest(CallNumber number, Method method, std::string body, Duration delay) {
  if (!healed_ && random_->Chance(profile_->loss_ppm)) {
    ++counts_.lost;
    return;
  }
  const PendingCall& call = calls_.at(number);
  const Host* const from = call.from;
  Host* const to = call.to;
  scheduler_->After(delay, [this, number, from, to, method, body = std::move(body)]() mutable {
    if (CutUntil(from, to) > scheduler_->Now()) {
      ++counts_.held_back;
      return;
    }
    ArriveRequest(number, to, method, std::move(body));
  });
}

void Network::ArriveRequest(CallNumber number, Host* to, Method method, std::string body) {
  if (!to->up()) {
    // Nobody listens there: the caller hears of it, unless it heard otherwise already.
    scheduler_->After(Delay(), [this, number] { Finish(number, std::nullopt); });
    return;
  }
  if (to->paused_until() > scheduler_->Now()) {
    scheduler_->At(to->paused_until(),
                   [this, number, to, method, body = std::move(body)]() mutable {
                     ArriveRequest(number, to, method, std::move(body));
                   });
    return;
  }
  scheduler_->AddToDigest(body);
  to->OnCall(number, method, std::move(body));
}

void Network::Reply(CallNumber call, std::string body) {
  const auto found = calls_.find(call);
  if (found == calls_.end()) return;
  if (!healed_ && random_->Chance(profile_->loss_ppm)) {
    ++counts_.lost;
    return;
  }
  const Host* const from = found->second.from;
  const Host* const to = found->second.to;
  scheduler_->After(Delay(), [this, call, from, to, body = std::move(body)]() mutable {
    if (CutUntil(to, from) > scheduler_->Now()) {
      ++counts_.held_back;
      return;
    }
    scheduler_->AddToDigest(body);
    Finish(call, std::move(body));
  });
}

void Network::Finish(CallNumber number, std::optional<std::string> reply) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  Host* const from = found->second.from;
  if (from->up() && from->life() == found->second.life &&
      from->paused_until() > scheduler_->Now()) {
    scheduler_->At(from->paused_until(), [this, number, reply = std::move(reply)]() mutable {
      Finish(number, std::move(reply));
    });
    return;
  }
  PendingCall call = std::move(found->second);
  calls_.erase(found);
  if (call.from->up() && call.from->life() == call.life) call.done(std::move(reply));
}

}  // namespace assent::simulation
