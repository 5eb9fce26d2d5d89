// Performs what the coordinator's core asks for, by calling sinks. Written once: the daemon and the
// simulator differ in their sinks only. It decides nothing and holds no protocol state.
//
// Not thread-safe: it and the core belong to one event thread. A sink's method may run before
// `Perform` returns only; what it is given is its own. Sinks do not block, and do not step the core
// (that would nest): they queue, and feed completions in later.
#pragma once

#include <string>

#include "core/coordinator_io.h"
#include "core/messages.h"
#include "core/records.h"

namespace assent {

// Answers requests of initiators and operators.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  virtual void Reply(RequestId request, InitiatorReply body) = 0;
  // Answers ReplaceParticipant.
  virtual void BindingReplaced(RequestId request, Reason reason, const std::string& text) = 0;
};

// Talks to participants. A link may have ended already: then the call does nothing.
class LinkSink {
 public:
  virtual ~LinkSink() = default;
  virtual void Send(LinkId link, ToParticipant message) = 0;
  // After what was sent on it.
  virtual void CloseLink(LinkId link, Reason reason, std::string text) = 0;
};

// Takes what is to be logged; feeds Logged or LogFailed into the core later.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void WriteDecision(LogTicket ticket, DecisionRecord record) = 0;
  virtual void WriteUpdate(LogTicket ticket, LogUpdate update, bool urgent) = 0;
};

// Tells people, and ends the process.
class NoticeSink {
 public:
  virtual ~NoticeSink() = default;
  virtual void Notice(coordinator_effect::Notice notice) = 0;
  // The process is to stop serving and exit. Comes once, after it nothing is logged.
  virtual void Halt(Reason reason, std::string text) = 0;
};

class EffectDispatcher {
 public:
  // All must outlive the dispatcher.
  EffectDispatcher(ReplySink* replies, LinkSink* links, LogSink* log, NoticeSink* notices)
      : replies_(replies), links_(links), log_(log), notices_(notices) {}

  // Performs `effects` in their order and clears them.
  void Perform(CoordinatorEffects* effects);

 private:
  void Do(coordinator_effect::Reply effect);
  void Do(coordinator_effect::Send effect);
  void Do(coordinator_effect::CloseLink effect);
  void Do(coordinator_effect::LogDecision effect);
  void Do(coordinator_effect::LogUpdated effect);
  void Do(const coordinator_effect::BindingReplaced& effect);
  void Do(coordinator_effect::Notice effect);
  void Do(coordinator_effect::Halt effect);

  ReplySink* const replies_;
  LinkSink* const links_;
  LogSink* const log_;
  NoticeSink* const notices_;
};

}  // namespace assent
