// What a participant's process leaves behind when it dies: the disk of its key-value store, in
// memory or under LevelDB. The store on it is the real one.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "core/ids.h"
#include "participant/key_value_store.h"
#include "simulations/disk_faults.h"

namespace assent::simulation {

class StoreDisk : public FaultyDisk {
 public:
  // A store writes values back at once, or up to so many batches later, depending on its id.
  static std::size_t WriteBackBatches(const StoreId& id) { return (id.low + 4) % 5; }

  // A store for a new process, not started; it writes when RunPending is called.
  virtual std::unique_ptr<KeyValueStore> MakeStore() = 0;

  // The process dies; `store` may be null. What it completes from now on is for nobody: its
  // handlers must bear it.
  virtual void Crash(std::unique_ptr<KeyValueStore> store, const CrashKind& kind,
                     Random* random) = 0;

  // Records that are not committed data: proofs, branches, knowledge. 0 if it cannot tell.
  virtual std::size_t records_beside_data() const { return 0; }

  // An empty disk with a store of another id takes its place; SwapWithCopy undoes it. Closed only.
  virtual void Wipe(const StoreId& id) = 0;
};

std::unique_ptr<StoreDisk> MakeMemoryStoreDisk(const StoreId& id);
std::unique_ptr<StoreDisk> MakeLevelDbStoreDisk(const StoreId& id);

}  // namespace assent::simulation
