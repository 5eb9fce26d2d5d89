// What befalls a disk of a simulated process, whatever lies on it. The process that uses it dies
// and comes back; the disk stays.
#pragma once

#include <cstdint>

#include "simulations/random.h"

namespace assent::simulation {

enum class CrashCause : std::uint8_t { kKilled, kPowerLost, kWriteFailed, kInRecovery };

// What a crash takes.
struct CrashKind {
  bool power_loss = false;    // what was not synced is at stake, else only the process dies
  bool out_of_order = false;  // of a power loss: any piece of it; a refusal to start is allowed
  bool in_write = false;      // a write was under way: some part of it has been done
  bool write_failed = false;  // it comes of a write or sync that failed
  bool in_recovery = false;   // it comes soon after a start

  CrashCause cause() const {
    if (write_failed) return CrashCause::kWriteFailed;
    if (in_recovery) return CrashCause::kInRecovery;
    return power_loss ? CrashCause::kPowerLost : CrashCause::kKilled;
  }
};

class FaultyDisk {
 public:
  FaultyDisk() = default;
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;
  virtual ~FaultyDisk() = default;

  // The next write fails, whether it reached the disk or not.
  virtual void FailNextWrite(Random* random) = 0;
  // There is no more room on it. False: this kind of disk is never full.
  virtual bool Fill() { return false; }
  // No fault waits for the next write any more, and there is room.
  virtual void MendFaults() = 0;
  virtual bool has_pending_fault() const = 0;

  // What it holds in bytes; 0: it is in memory and has none.
  virtual std::uint64_t used_bytes() const { return 0; }

  // All of the following: while no process uses it.

  // A bit flips, or the end of a file or a piece of it is gone. False: not on this kind of disk.
  virtual bool FlipBit(Random*) { return false; }
  // Since a bit flipped, or a power loss took pieces out of order, a start may be refused; Repair
  // puts back what a disk without that damage would hold.
  virtual bool is_damaged() const { return false; }
  virtual void Repair() {}
  // A start was not refused: what is there counts.
  virtual void AcceptDamage() {}

  // Keeps a copy of all of it; exchanges it for the disk (an operator's error, and its undoing).
  virtual void KeepCopy() = 0;
  virtual bool has_copy() const = 0;
  virtual void SwapWithCopy() = 0;
  virtual void DropCopy() = 0;
  // Undoes an exchange. An older copy that has run once more is no older copy any more.
  void PutBack() {
    SwapWithCopy();
    DropCopy();
  }
};

}  // namespace assent::simulation
