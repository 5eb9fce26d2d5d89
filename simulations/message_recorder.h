// Writes what becomes of each message into an event log. Numbers messages from 1; a message of
// number 0 is one that nobody recorded, and all about it is ignored.
#pragma once

#include <cstdint>
#include <string>

#include "simulations/event_log.h"
#include "simulations/message_words.h"

namespace assent::simulation {

class MessageRecorder {
 public:
  // Null: records nothing.
  explicit MessageRecorder(EventLog* events) : events_(events) {}

  // Ask before building words.
  bool on() const { return events_ != nullptr && events_->Wants(EventKind::kSend); }

  std::uint64_t Sent(const Host& from, const Host& to, MessageWords words);
  void Delivered(std::uint64_t message, const Host& from, const Host& to);
  void Lost(std::uint64_t message, const Host& from, const Host& to, const char* why);
  // `fault`: as NetworkCountNames calls it.
  void Fault(const char* fault, std::uint64_t message, const Host& from, const Host& to,
             const char* what);

 private:
  EventLog* const events_;
  std::uint64_t last_ = 0;
};

}  // namespace assent::simulation
