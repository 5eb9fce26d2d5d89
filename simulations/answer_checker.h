// Whether what a coordinator answers is so. Each refusal and each reason of an abort is held
// against what was seen at the coordinator's door: what it was asked, what it gave out, who was
// attached, what it sent and was sent (P4, R11); and what it lets in, against its limits (P7).
//
// Times are those of the coordinator's own clock, in one life of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/coordinator_io.h"
#include "core/sequence_map.h"
#include "simulations/history.h"
#include "simulations/profile.h"

namespace assent::simulation {

// Of one Commit: a request for more must be refused.
inline constexpr std::size_t kMaxBranches = 16;
inline constexpr std::size_t kMaxPayloadBytes = 4096;

class AnswerChecker {
 public:
  // What a request is about, kept until it is answered.
  struct Question {
    TransactionId id = {};         // empty: of none
    std::string participant = "";  // whom it enlists
    std::uint64_t session = 0;     // that wants a block of ids
    bool is_over_limits = false;
  };

  AnswerChecker(const Profile* profile, History* history) : profile_(*profile), history_(history) {}

  // A life begins; nothing of the one before counts. `count_unfinished` counts the transactions
  // that are not finished, one by one.
  using Count = std::function<std::size_t()>;
  void Started(const CoordinatorId& id, Epoch epoch, Count count_unfinished);

  // What comes in.
  Question Asked(const InitiatorRequest& request);
  void Received(LinkId link, const FromParticipant& message);
  void LostPrepare(LinkId link, Sequence id);
  void Attached(const std::string& participant, Time now);
  void Detached(const std::string& participant, Time now) { links_[participant] = {false, now}; }
  void LinkEnded(LinkId link) { awaited_.erase(link); }
  void SessionEnded(std::uint64_t session, Time now);
  void Ticked(Time now);
  void Draining() { is_draining_ = true; }
  void LogFailed() { has_failed_ = true; }

  // What goes out.
  void Sends(LinkId link, const ToParticipant& message, Time now);
  void Answers(const Question& question, const InitiatorReply& reply, Time now);

 private:
  // An id that was given out in this life, and what was seen of it since.
  struct Given {
    Time at;
    bool is_opened = false;  // something happened under it
    bool commit_asked = false;
    bool abort_asked = false;
    bool expects = false;  // a number of branches
    bool voted_no = false;
    bool lost_prepare = false;
    Time prepared = Time::Never();  // when its first Prepare was sent
  };
  struct Block {
    std::uint64_t session = 0;
    Time expiry;
  };
  struct Link {
    bool is_attached = false;
    Time changed;
  };
  // Answers that are awaited on one link. Which Commit was the first to its participant cannot
  // always be told from one link.
  struct Awaited {
    std::set<Sequence> votes;
    std::set<Sequence> acknowledgements;  // surely: the first Commit that follows a vote here
    std::set<Sequence> perhaps;           // those, and all Commits
    std::set<Sequence> prepared;
    std::set<Sequence> told;  // Commit

    void Answered(Sequence id) {
      votes.erase(id);
      acknowledgements.erase(id);
      perhaps.erase(id);
    }
  };

  Given* Find(const TransactionId& id);
  void AskedToCommit(const CommitRequest& request, bool is_over_limits);
  void AskedToAbort(const AbortRequest& request);
  void GaveOut(Sequence first, std::uint32_t count, Time now);
  void SendsPrepare(LinkId link, const Prepare& prepare, Time now);
  void SendsCommit(LinkId link, Sequence id);
  void CheckOpen(const std::string& what, std::size_t count);
  void CheckRefusal(const Question& question, Reason reason, Time now);
  void CheckAbort(const OutcomeReply& reply, Time now);
  // Whether the reason is so.
  bool IsSo(const Question& question, Reason reason, Time now);
  bool IsSoOfId(const TransactionId& id, Reason reason, Time now);
  bool IsSo(const OutcomeReply& reply, const Given& given, Time now) const;
  bool IsLoaded() const;
  bool MayHaveExpired(const TransactionId& id, Time now);
  bool MayBeOver(const TransactionId& id, Time now);
  bool IsAttached(const std::string& participant) const;
  bool HasChangedSince(const std::string& participant, Time since) const;
  std::string Describe(const TransactionId& id) const;

  const Profile profile_;
  History* const history_;

  // Of one life.
  CoordinatorId id_;
  Epoch epoch_ = 0;
  Count count_unfinished_;
  SequenceMap<Given> given_;
  std::uint64_t next_number_ = 1;          // above all that were given out
  std::map<std::uint64_t, Block> blocks_;  // that are out, by their first number
  std::map<std::string, Link> links_;
  std::map<LinkId, Awaited> awaited_;
  std::map<std::pair<LinkId, std::uint64_t>, TransactionId> enlistments_;
  std::optional<Time> changed_;  // when a session ended or a participant attached, last
  bool is_draining_ = false;
  bool has_failed_ = false;
};

}  // namespace assent::simulation
