// The key-value store over memory: for tests and for the simulator, where files do not matter.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/ids.h"
#include "participant/key_value_store.h"

namespace assent {

// What survives the store: give it to the next one to play a restart. Every batch is durable at
// once. Thread-safe; one store at a time.
class MemoryStoreDisk {
 public:
  explicit MemoryStoreDisk(const StoreId& id) : id_(id) {}
  MemoryStoreDisk(const MemoryStoreDisk&) = delete;
  MemoryStoreDisk& operator=(const MemoryStoreDisk&) = delete;

  // From now on every write fails (R8), as after a disk error; until Heal.
  void Fail();
  void Heal();

 private:
  friend class MemoryBackend;

  const StoreId id_;
  std::mutex mutex_;
  std::uint64_t opens_ = 0;
  bool failing_ = false;
  std::string superseded_by_;  // empty: not marked
  std::map<std::string, std::string, std::less<>> records_;
};

// `options.directory` and `options.file_system` are not used; `disk` is shared with the caller.
std::unique_ptr<KeyValueStore> MakeMemoryStore(const KeyValueStoreOptions& options,
                                               std::shared_ptr<MemoryStoreDisk> disk);

}  // namespace assent
