// A simulated coordinator: the real core, effect dispatcher, decision queue and log, in a process
// that dies and comes back on the same disk.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "coordinator/decision_log.h"
#include "coordinator/decision_queue.h"
#include "coordinator/effect_dispatcher.h"
#include "core/coordinator.h"
#include "simulations/answer_checker.h"
#include "simulations/coverage.h"
#include "simulations/initiator_desk.h"
#include "simulations/log_disk.h"
#include "simulations/process.h"
#include "simulations/unary_link.h"

namespace assent::simulation {

class CoordinatorNode final : public Process,
                              private CoreStepper,
                              private UnaryLinkOwner,
                              private LinkSink,
                              private LogSink,
                              private NoticeSink {
 public:
  CoordinatorNode(Context* context, const CoordinatorId& id, std::unique_ptr<LogDisk> disk);
  ~CoordinatorNode() override;

  // Before the first Start: a participant without the library that it dials.
  void AddUnaryParticipant(Host* participant);

  void Start();
  void StartAfter(Duration delay);
  void Crash(const CrashKind& kind);
  // An orderly end, as of assentd's first signal: nothing is begun any more, what is undecided is
  // ended, and the process exits; at the latest after its drain_timeout.
  void Drain();
  bool is_draining() const { return is_draining_; }

  const CoordinatorId& id() const { return id_; }
  LogDisk* disk() { return disk_.get(); }
  const Coordinator* core() const { return core_.get(); }

  // An operator starts an older copy of the log; initiators do not reach it. True if there was one.
  // It ends when the coordinator notices, or by EndWrongLog.
  bool BeginWrongLog();
  void EndWrongLog();
  bool runs_on_wrong_log() const { return wrong_log_; }

  // Whether the participant's store has a link, as the coordinator sees it.
  bool HasAttached(const std::string& participant, const StoreId& store) const;

  // An operator binds the name to the store.
  void Replace(const std::string& participant, const StoreId& store);

  // Refused participants, and why, since the last call.
  std::vector<std::pair<std::string, Reason>> TakeRefused();

  // Records that its log has yet to write.
  std::size_t unwritten() const;
  // How many decisions its log held at the last start.
  std::size_t recovered_decisions() const { return recovered_decisions_; }
  std::uint64_t starts() const { return starts_; }
  std::uint64_t refused_starts() const { return refused_starts_; }

 private:
  // Host
  void OnConnected(StreamId stream, StreamKind kind) override;
  void OnFrame(StreamId stream, std::string bytes) override;
  void OnClosed(StreamId stream) override;
  void OnCall(CallNumber call, Method method, std::string body) override;
  void OnTick() override;

  // CoreStepper
  void Step(CoordinatorInput input) override;
  const CoordinatorId& coordinator() const override { return id_; }
  AnswerChecker* answers() override { return &answers_; }

  // UnaryLinkOwner
  LinkId AddUnaryLink() override;
  void RemoveUnaryLink(LinkId link) override;
  void ReceiveOn(LinkId link, FromParticipant message) override;
  void LosePrepareOn(LinkId link, Sequence id) override;
  void AfterDelay(Duration delay, std::function<void()> action) override;
  void DescribeMe(CoordinatorId* id, Epoch* epoch, LifeNumber* life) const override;
  void Refused(const std::string& participant, Reason reason) override;

  // Sinks
  void Send(LinkId link, ToParticipant message) override;
  void CloseLink(LinkId link, Reason reason, std::string text) override;
  void WriteDecision(LogTicket ticket, DecisionRecord record) override;
  void WriteUpdate(LogTicket ticket, LogUpdate update, bool urgent) override;
  void Notice(coordinator_effect::Notice notice) override;
  void Halt(Reason reason, std::string text) override;

  struct StreamLink {
    LinkId link = 0;
    std::string outbox;
    bool is_dirty = false;
  };

  void Refuse(const storage::Status& status);
  void Recover();
  void CheckRecovered(const RecoveredLog& recovered);
  void NoteScene(const CrashKind& kind);
  void CountScene(const RecoveredLog& recovered);
  void Receive(StreamLink* link, const std::string& bytes);
  // After whatever happened: what is due leaves and is written.
  void Pump();
  void ExitIfDrained();
  void Flush();
  void BeginWrite();
  void EndWrite();
  void RecordWrite(EventKind kind, const std::string& verb) const;
  void RecordDurable(const DecisionRecord& record) const;

  const CoordinatorId id_;
  const std::unique_ptr<LogDisk> disk_;
  std::vector<std::unique_ptr<UnaryLink>> unary_;
  AnswerChecker answers_;
  InitiatorDesk desk_;
  EffectDispatcher dispatcher_;

  // Of one life.
  std::unique_ptr<DecisionLog> log_;
  std::unique_ptr<Coordinator> core_;
  std::unique_ptr<DecisionQueue> queue_;
  CoordinatorEffects effects_;
  LogBatch writing_;
  LogTicket writing_ticket_ = 0;
  bool is_writing_ = false;
  bool has_failed_ = false;  // the write of `writing_`
  bool has_halted_ = false;
  bool is_draining_ = false;
  std::map<StreamId, StreamLink> streams_;
  std::unordered_map<LinkId, StreamId> stream_of_;
  std::vector<LinkId> dirty_;
  LinkId next_link_ = 1;
  std::uint64_t steps_ = 0;

  // What the log must hold: decisions that it has said are durable.
  std::map<Sequence, DecisionRecord> shadow_;
  std::optional<CoordinatorScene> scene_;  // of the last crash, until the next start
  bool wrong_log_ = false;
  bool is_marked_ = false;  // as an older copy
  std::vector<std::pair<std::string, Reason>> refused_;
  std::size_t recovered_decisions_ = 0;
  std::uint64_t starts_ = 0;
  std::uint64_t refused_starts_ = 0;
};

}  // namespace assent::simulation
