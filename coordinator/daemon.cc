#include "coordinator/daemon.h"

#include <glog/logging.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "coordinator/decision_writer.h"
#include "coordinator/grpc_server.h"
#include "coordinator/leveldb_decision_log.h"
#include "coordinator/shell.h"
#include "coordinator/unary_participant.h"
#include "core/coordinator.h"
#include "runtime/clock.h"
#include "runtime/crash_point.h"
#include "runtime/event_loop.h"
#include "runtime/random.h"
#include "runtime/stop_signal.h"
#include "runtime/timer.h"

namespace assent {
namespace {

constexpr Duration kDiskCheckInterval = Duration::Seconds(10);
constexpr Duration kShutdownGrace = Duration::Millis(500);

ExitCode ExitCodeOf(storage::StatusKind kind) {
  switch (kind) {
    case storage::StatusKind::kOk:
      return ExitCode::kDone;
    case storage::StatusKind::kLocked:
      return ExitCode::kLogLocked;
    case storage::StatusKind::kSuperseded:
      return ExitCode::kSuperseded;
    case storage::StatusKind::kNotFound:
    case storage::StatusKind::kMissing:
    case storage::StatusKind::kAlreadyExists:
    case storage::StatusKind::kDamaged:
    case storage::StatusKind::kForeign:
    case storage::StatusKind::kNewerFormat:
    case storage::StatusKind::kOlderFormat:
    case storage::StatusKind::kIoError:
    case storage::StatusKind::kInvalidArgument:
      return ExitCode::kLogRefused;
  }
  return ExitCode::kInternal;
}

storage::Status OpenLog(const DaemonOptions& options, std::unique_ptr<LevelDbDecisionLog>* log) {
  storage::DatabaseOptions database;
  database.write_buffer_bytes = options.log_write_buffer_bytes;
  database.reserve_bytes = options.log_reserve_bytes;
  database.accept_missing_witness = options.accept_missing_witness;
  database.clear_superseded = options.clear_superseded;
  database.use_reserve = options.use_reserve;
  CoordinatorId id;
  if (!options.coordinator_id.empty()) id = CoordinatorId::Parse(options.coordinator_id).value();
  if (options.create_log) {
    const CoordinatorId created = id.empty() ? DrawCoordinatorId(RandomNumber()) : id;
    storage::Status status = LevelDbDecisionLog::Create(database, options.data_directory, created);
    if (!status.ok()) return status;
    LOG(INFO) << "made an empty decision log in " << options.data_directory;
  }
  ASSENT_CRASH_POINT("coordinator.start.before_epoch");
  storage::Status status = LevelDbDecisionLog::Open(database, options.data_directory, id, log);
  ASSENT_CRASH_POINT("coordinator.start.after_epoch");
  return status;
}

// Everything that lives from the start of serving to its end. Built and destroyed on the main
// thread; `Loop` runs on its own.
class Serving {
 public:
  Serving(const DaemonOptions& options, LevelDbDecisionLog* log, GrpcServer* server,
          StopSignal* stop)
      : options_(options),
        log_(log),
        server_(server),
        stop_(stop),
        loop_(server->queue()),
        disk_check_(&loop_),
        core_(options.limits, log->TakeRecovered(), RandomNumber(), RandomNumber(), MonotonicNow()),
        writer_(log, DecisionQueueLimits{.max_riding = options.log_max_riding}, Callbacks()),
        shell_(&loop_, &core_, &writer_, options.max_requests_in_flight,
               [this](Reason reason, const std::string& text) { Halted(reason, text); }) {
    LOG(INFO) << "coordinator " << core_.id().text() << " epoch " << core_.epoch() << " recovered "
              << core_.open_transactions() << " unfinished transactions";
    AddUnaryParticipants();
    server_->Serve(&loop_, &shell_, [this] {
      return DaemonCounts{writer_.counts(), log_->written_bytes(), *loop_.traffic()};
    });
    thread_ = std::thread([this] { RunLoop(); });
  }

  // Ends in the only order that neither hangs nor loses an answer: writer, server, loop.
  void End() {
    writer_.Stop();
    if (!loop_.Post([this] {
          disk_check_.Cancel();
          for (auto& participant : participants_) participant->Stop();
        })) {
      LOG(FATAL) << "the loop ends only here";
    }
    server_->Shutdown(kShutdownGrace);
    if (!loop_.Post([this] { loop_.Close(); })) LOG(FATAL) << "the loop ends only here";
    thread_.join();
  }

  // Refuses what is new, and waits for what is undecided; false: a second signal came.
  bool Drain() {
    LOG(INFO) << "draining";
    if (!loop_.Post([this] {
          server_->SetHealthy(false);
          draining_ = true;
          shell_.Drain();
        })) {
      LOG(FATAL) << "the loop ends only after this";
    }
    const auto cause = stop_->Wait(options_.drain_timeout);
    if (!cause)
      LOG(WARNING) << "drain_timeout has passed; what is unfinished goes on at the next start";
    return cause != StopSignal::Cause::kSignal;
  }

  ExitCode halted() const { return halted_; }

 private:
  DecisionWriterCallbacks Callbacks() {
    DecisionWriterCallbacks callbacks;
    callbacks.logged = [this](LogTicket ticket) {
      PostHome([this, ticket] { shell_.Logged(ticket); });
    };
    callbacks.failed = [this](const storage::Status& error) {
      PostHome([this, error] { shell_.LogFailed(error.ToString()); });
    };
    return callbacks;
  }

  void PostHome(std::function<void()> task) {
    const bool accepted = loop_.Post(std::move(task));
    LOG_IF(FATAL, !accepted) << "the writer is stopped before the loop ends";
  }

  void AddUnaryParticipants() {
    for (const auto& [name, address] : options_.participants) {
      UnaryParticipantOptions participant;
      participant.name = name;
      participant.address = address;
      participant.prepare_timeout = options_.limits.prepare_timeout;
      participant.poll_interval = options_.poll_interval;
      participants_.push_back(std::make_unique<UnaryParticipant>(&loop_, &shell_, participant));
    }
  }

  // A full disk ends the daemon, so it stops beginning transactions while it can still finish those
  // it has.
  void CheckDisk() {
    std::uint64_t free_bytes = 0;
    const storage::Status status = log_->GetFreeBytes(&free_bytes);
    LOG_IF(WARNING, !status.ok()) << "cannot tell how full the disk is: " << status.ToString();
    if (status.ok() && free_bytes < options_.log_min_free_bytes) {
      LOG(WARNING) << "the log's disk has " << free_bytes
                   << " bytes left: no new transactions are begun";
      shell_.RefuseNew("the coordinator's disk is nearly full: an operator has to make space");
    } else {
      shell_.AdmitNew();
    }
    disk_check_.Set(MonotonicNow() + kDiskCheckInterval, [this] { CheckDisk(); });
  }

  void RunLoop() {
    CheckDisk();
    for (auto& participant : participants_) participant->Start();
    LoopHooks hooks;
    hooks.deadline = [this] { return shell_.NextDeadline(); };
    hooks.tick = [this](Time now) { shell_.Tick(now); };
    hooks.drained = [this] {
      writer_.HandOver();
      TellIfDrained();
    };
    loop_.Run(hooks);
  }

  void TellIfDrained() {
    if (!draining_ || !core_.Drained()) return;
    draining_ = false;
    stop_->Notify();
  }

  void Halted(Reason reason, const std::string& text) {
    LOG(ERROR) << "stops serving: " << NameOf(reason) << ": " << text;
    halted_ = reason == Reason::kSuperseded ? ExitCode::kSuperseded : ExitCode::kLogFailed;
    server_->SetHealthy(false);
    stop_->Notify();
  }

  const DaemonOptions& options_;
  LevelDbDecisionLog* const log_;
  GrpcServer* const server_;
  StopSignal* const stop_;
  EventLoop loop_;
  Timer disk_check_;
  Coordinator core_;
  DecisionWriter writer_;
  Shell shell_;
  std::vector<std::unique_ptr<UnaryParticipant>> participants_;
  bool draining_ = false;  // the loop's
  std::atomic<ExitCode> halted_{ExitCode::kDone};
  std::thread thread_;
};

bool WriteReadyFile(const std::string& path, const std::string& address) {
  if (path.empty()) return true;
  std::ofstream file(path, std::ios::trunc);
  file << address << '\n';
  file.close();
  LOG_IF(ERROR, !file) << "cannot write the ready file " << path;
  return static_cast<bool>(file);
}

}  // namespace

ExitCode RunDaemon(const DaemonOptions& options, StopSignal* stop, const ServingHandler& serving) {
  std::unique_ptr<LevelDbDecisionLog> log;
  const storage::Status opened = OpenLog(options, &log);
  if (!opened.ok()) {
    LOG(ERROR) << "cannot open the decision log: " << opened.ToString()
               << (opened.kind() == storage::StatusKind::kMissing ? " (--create-log makes it)"
                                                                  : "");
    return ExitCodeOf(opened.kind());
  }
  GrpcServer server(options);
  if (!server.Bind()) {
    LOG(ERROR) << "cannot listen on " << options.listen
               << ": is another process listening there? Set another address with --listen.";
    return ExitCode::kListenFailed;
  }
  Serving daemon(options, log.get(), &server, stop);
  LOG(INFO) << "serving at " << server.address();
  serving(server.address());
  const bool ready = WriteReadyFile(options.ready_file, server.address());
  bool drained = true;
  if (ready && stop->Wait() == StopSignal::Cause::kSignal) drained = daemon.Drain();
  if (!drained) {
    LOG(WARNING) << "second signal: exits at once; the next start reads what is in the log";
    google::FlushLogFiles(google::GLOG_INFO);
    std::_Exit(static_cast<int>(ExitCode::kDone));
  }
  daemon.End();
  if (!ready) return ExitCode::kConfiguration;
  if (daemon.halted() != ExitCode::kDone) return daemon.halted();
  const storage::Status closed = log->Close();
  if (closed.ok()) return ExitCode::kDone;
  LOG(ERROR) << "closing the decision log: " << closed.ToString();
  return ExitCode::kLogFailed;
}

}  // namespace assent
