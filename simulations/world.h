// One whole world: coordinators, participants, initiators, network, disks and clocks, from one
// profile. First a safety phase with faults, then all faults heal and everything must finish.
//
// The same profile and the same build give the same world, step by step. Thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulations/agent_node.h"
#include "simulations/checkers.h"
#include "simulations/context.h"
#include "simulations/coordinator_node.h"
#include "simulations/fault_driver.h"
#include "simulations/initiator_node.h"
#include "simulations/unary_node.h"

namespace assent::simulation {

enum class Verdict : std::uint8_t {
  kHeld,
  kViolated,
  kUnfinished,  // more actions than the profile allows, or no transaction: nothing is shown
};

struct WorldResult {
  Verdict verdict = Verdict::kHeld;
  std::optional<Violation> violation;
  std::string unfinished;  // why it is, in words
  OutcomeCounts outcomes;
  NetworkCounts network;
  FaultCounts faults;
  CrashCoverage coverage;
  Duration virtual_time;
  std::uint64_t actions = 0;
  std::uint64_t digest = 0;
  std::vector<Event> events;
};

// Makes the disks of a world: the simulator's own, or a test's that break their promises.
struct Disks {
  std::unique_ptr<LogDisk> (*log)(const Profile& profile, const CoordinatorId& id);
  std::unique_ptr<StoreDisk> (*store)(const Profile& profile, const StoreId& id);
};
extern const Disks kGoodDisks;

class World {
 public:
  World(const Profile& profile, LogLevel level, const Disks& disks = kGoodDisks);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Once.
  WorldResult Run();

  // Within Run: an invariant is broken, the world goes on no more. How it ended.
  WorldResult BreakOff(const std::string& text);

 private:
  void Build();
  void BuildParticipant(int number);
  void Start();

  // Runs until `rested`, until a promise is broken, or until the deadline. False: too many actions.
  bool RunUntil(bool (World::*rested)() const, Time deadline);
  bool InitiatorsAreIdle() const;
  bool IsQuiet() const;
  bool Never() const { return false; }
  void Heal();
  struct ProbeResult {
    std::size_t attempts = 0;
    bool has_committed = false;
  };
  bool Probe(int coordinator, const Plan& plan, ProbeResult* result);
  bool ProbeLocks(Evidence* evidence);
  bool WaitForRetention(Evidence* evidence);
  // P7: what each process keeps now, and when the retention is over.
  void Watch();
  std::vector<Size> SizesNow() const;
  bool MeasureLast(Evidence* evidence);
  // What a disk may hold at most after as much work as was done.
  std::uint64_t BytesOfWork() const;
  std::uint64_t MaxRecordsBesideData(const StoreId& store) const;
  bool Examine();
  std::vector<std::string> Unfinished() const;
  StoreEvidence Collect(StoreProcess* process) const;
  void RecordHeal();
  void RecordViolation(bool at_work);
  WorldResult Result(bool finished);

  Context context_;
  const Disks disks_;
  std::vector<std::unique_ptr<CoordinatorNode>> coordinators_;
  std::vector<std::unique_ptr<StoreProcess>> participants_;
  std::vector<AgentNode*> agents_;  // those of the participants that have the library
  std::vector<std::unique_ptr<InitiatorNode>> initiators_;
  std::unique_ptr<FaultDriver> faults_;
};

}  // namespace assent::simulation
