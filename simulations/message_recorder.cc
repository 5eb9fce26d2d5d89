#include "simulations/message_recorder.h"

#include <utility>

namespace assent::simulation {
namespace {

Event EventOf(EventKind kind, std::uint64_t message, const Host& who, const Host& peer) {
  Event event;
  event.kind = kind;
  event.message = message;
  event.who = who.name();
  event.peer = peer.name();
  return event;
}

}  // namespace

std::uint64_t MessageRecorder::Sent(const Host& from, const Host& to, MessageWords words) {
  Event event = EventOf(EventKind::kSend, ++last_, from, to);
  event.what = std::move(words.label);
  event.content = std::move(words.text);
  event.about = std::move(words.about);
  events_->Add(std::move(event));
  return last_;
}

void MessageRecorder::Delivered(std::uint64_t message, const Host& from, const Host& to) {
  if (message != 0) events_->Add(EventOf(EventKind::kDeliver, message, to, from));
}

void MessageRecorder::Lost(std::uint64_t message, const Host& from, const Host& to,
                           const char* why) {
  if (message == 0) return;
  Event event = EventOf(EventKind::kLose, message, to, from);
  event.what = why;
  events_->Add(std::move(event));
}

void MessageRecorder::Fault(const char* fault, std::uint64_t message, const Host& from,
                            const Host& to, const char* what) {
  if (!on()) return;
  Event event = EventOf(EventKind::kNetworkFault, message, from, to);
  event.what = what;
  event.fault = fault;
  events_->Add(std::move(event));
}

}  // namespace assent::simulation
