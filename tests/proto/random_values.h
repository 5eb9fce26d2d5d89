// Seeded random values of every message, valid in form.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/messages.h"
#include "core/records.h"

namespace assent::testing {

class RandomValues {
 public:
  explicit RandomValues(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t Below(std::uint64_t limit) { return engine_() % limit; }
  bool Coin() { return Below(2) == 0; }
  // Small ones often, large ones sometimes.
  std::uint64_t Number() { return engine_() >> Below(64); }
  std::uint64_t Positive() { return Number() | 1; }
  Sequence Id() { return {Positive(), Positive()}; }
  Sequence Mark() { return Coin() ? Sequence() : Id(); }
  StoreId Store() { return {engine_(), Positive()}; }
  Duration Time() { return Duration::Micros(static_cast<std::int64_t>(Below(1'000'000'000))); }

  std::string Bytes(std::size_t limit) {
    std::string bytes(Below(limit + 1), '\0');
    for (char& byte : bytes) byte = static_cast<char>(Below(256));
    return bytes;
  }
  std::string Text() {
    std::string text;
    for (std::uint64_t n = Below(20); n > 0; --n) text += Coin() ? "é" : "a";
    return text;
  }
  std::string Name() {
    constexpr std::string_view kBytes = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    std::string name(1 + Below(64), 'x');
    for (std::size_t i = 1; i < name.size(); ++i) name[i] = kBytes[Below(kBytes.size())];
    return name;
  }
  CoordinatorId Coordinator() {
    std::string text(1 + Below(22), 'a');
    for (char& byte : text) byte = static_cast<char>('a' + Below(26));
    return *CoordinatorId::Parse(text);
  }
  TransactionId Transaction() { return {Coordinator(), Id()}; }
  Stamp NewStamp() { return {Positive(), Positive(), Number()}; }
  Reason AnyReason() {
    return static_cast<Reason>(Below(static_cast<std::uint64_t>(Reason::kInternal) + 1));
  }

  Attach NewAttach() {
    CoordinatorKnowledge knowledge;
    if (Coin()) knowledge = {Positive(), engine_(), Number()};
    return {Name(), Store(), Positive(), engine_(), knowledge};
  }
  Attach NewAttachOfAgent() {
    Attach attach = NewAttach();
    for (std::uint64_t n = Below(3); n > 0; --n) {
      attach.known.push_back({Coordinator(), {Positive(), engine_(), Number()}});
    }
    return attach;
  }
  Prepare NewPrepare() {
    Prepare prepare{Id(), NewStamp(), std::nullopt, Mark(), {}};
    if (Coin()) prepare.payload = Bytes(100);
    for (std::uint64_t n = Below(4); n > 0; --n) {
      prepare.peers.push_back({Name(), Positive(), Number()});
    }
    return prepare;
  }
  Vote NewVote() { return {Id(), static_cast<VoteKind>(1 + Below(3)), Text()}; }
  Commit NewCommit() { return {Id(), Positive(), Mark()}; }
  Abort NewAbort() {
    Abort abort{Id(), std::nullopt};
    if (Coin()) abort.stamp = NewStamp();
    return abort;
  }

  FromParticipant NewFromParticipant() {
    switch (Below(5)) {
      case 0:
        return NewAttachOfAgent();
      case 1:
        return NewVote();
      case 2:
        return Acknowledge{Id()};
      case 3:
        return Enlist{Number(), Transaction()};
      default:
        return Inquire{Id()};
    }
  }
  ToParticipant NewToParticipant() {
    switch (Below(6)) {
      case 0:
        return AttachAnswer{AnyReason(), Text(), Coordinator(), Positive(), engine_()};
      case 1:
        return NewPrepare();
      case 2:
        return NewCommit();
      case 3:
        return NewAbort();
      case 4:
        return EnlistAnswer{Number(), AnyReason(), Text()};
      default:
        return InquiryAnswer{Id(), static_cast<Verdict>(1 + Below(5)), Positive(), Mark()};
    }
  }

  CommitRequest NewCommitRequest() {
    CommitRequest request{Transaction(), {}, std::nullopt, WaitFor::kCompletion, Time()};
    for (std::uint64_t n = Below(4); n > 0; --n) request.branches.push_back({Name(), Bytes(100)});
    if (Coin()) request.expected_branches = static_cast<std::uint32_t>(Below(100));
    if (Coin()) request.wait_for = WaitFor::kDecision;
    return request;
  }
  AbortRequest NewAbortRequest() {
    return {Transaction(), Coin() ? AbortReason::kRequested : AbortReason::kOperator};
  }
  InitiatorRequest NewRequest() {
    switch (Below(6)) {
      case 0:
        return BeginRequest{Time()};
      case 1:
        return OpenBlockRequest{7, static_cast<std::uint32_t>(Below(1000)), Time()};
      case 2:
        return EnlistRequest{Transaction(), Name()};
      case 3:
        return NewCommitRequest();
      case 4: {
        AbortRequest abort = NewAbortRequest();
        if (Coin()) abort.following = static_cast<std::uint32_t>(Number());
        return abort;
      }
      default:
        return GetRequest{Transaction()};
    }
  }
  OutcomeReply NewOutcome() {
    OutcomeReply reply{Transaction(),
                       static_cast<Outcome>(Below(3)),
                       static_cast<TransactionState>(1 + Below(6)),
                       Coin(),
                       static_cast<AbortReason>(Below(13)),
                       Coin() ? Name() : "",
                       Text(),
                       {}};
    for (std::uint64_t n = Below(4); n > 0; --n) reply.unfinished.push_back(Name());
    return reply;
  }
  InitiatorReply NewReply() {
    switch (Below(5)) {
      case 0:
        return BeginReply{Transaction(), Time()};
      case 1:
        return BlockReply{Transaction(), static_cast<std::uint32_t>(Number()), Time(), Time()};
      case 2:
        return EnlistReply{};
      case 3:
        return NewOutcome();
      default:
        return ErrorReply{static_cast<Reason>(1 + Below(10)), Text(), Coin() ? Name() : ""};
    }
  }

  // What one record holds: of one epoch, with growing numbers.
  std::vector<DecisionRecord> NewDecisions() {
    std::vector<DecisionBranch> known;
    for (std::uint64_t n = 1 + Below(70); n > 0; --n) known.push_back({Name(), Store()});
    std::vector<DecisionRecord> decisions(1 + Below(10));
    Sequence id = Id();
    std::uint64_t number = Below(1'000'000);
    for (DecisionRecord& decision : decisions) {
      id.number = Positive();
      number += 1 + Below(300);
      decision = {id, number, engine_(), {}};
      for (std::uint64_t n = 1 + Below(64); n > 0; --n) {
        decision.branches.push_back(known[Below(known.size())]);
      }
    }
    return decisions;
  }

  std::vector<AcknowledgedUpdate> NewAcknowledgements() {
    std::vector<AcknowledgedUpdate> updates;
    for (std::uint64_t n = 1 + Below(10); n > 0; --n) updates.push_back({Id(), Number()});
    return updates;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace assent::testing
