// A simulated file system with one database on it, its crashes, faults and copies.
#pragma once

#include <memory>

#include "simulations/disk_faults.h"
#include "simulations/simulated_file_system.h"

namespace assent::simulation {

class LevelDbFiles {
 public:
  LevelDbFiles();

  const SimulatedFileSystem* get() const { return files_.get(); }
  SimulatedFileSystem* get() { return files_.get(); }

  void FailNextWrite(Random* random);
  void Fill();
  void MendFaults();
  bool has_pending_fault() const { return is_armed_ || is_full_; }

  // Before the process that used the files is destroyed: they take nothing more, or, in the middle
  // of a write, only a few more operations.
  void CutOff(const CrashKind& kind, Random* random);
  // After it.
  void Crash(const CrashKind& kind, Random* random);

  bool FlipBit(Random* random);
  bool is_damaged() const { return whole_ != nullptr; }
  void Repair();
  void AcceptDamage() { whole_.reset(); }
  void KeepCopy();
  bool has_copy() const { return copy_ != nullptr; }
  void SwapWithCopy();
  void DropCopy() { copy_.reset(); }

 private:
  std::unique_ptr<SimulatedFileSystem> files_;
  std::unique_ptr<SimulatedFileSystem> whole_;  // without the damage
  std::unique_ptr<SimulatedFileSystem> copy_;
  bool is_armed_ = false;  // an operation of the process that uses the files will fail, or has
  bool is_full_ = false;
};

}  // namespace assent::simulation
