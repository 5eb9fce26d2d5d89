// A thread that writes to LevelDB: what has piled up while the last sync was under way goes into
// the next batch, with one sync. What the product's writers do, and nothing else.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime/mutex.h"

namespace leveldb {
class DB;
}

namespace assent::bench {

struct Write {
  std::uint64_t tag = 0;  // of the caller, told when it is durable
  std::string key;
  std::string value;
  std::string erased;  // a key that goes in the same batch, or empty
};

// Add and Erase: one thread at a time.
class GroupWriter {
 public:
  // `done` is called on the writer's thread with what has become durable, in the order of Add.
  using Done = std::function<void(const std::vector<Write>& writes)>;

  GroupWriter(const std::string& directory, Done done);
  ~GroupWriter();  // writes what waits
  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  // Empty, or why LevelDB cannot be opened.
  const std::string& error() const { return error_; }

  void Add(std::vector<Write> writes);
  // Rides along with the next batch, without one of its own.
  void Erase(std::string key);

  std::uint64_t syncs() const { return syncs_; }

 private:
  void Run();
  bool Take(std::vector<Write>* writes, std::vector<std::string>* erased);
  void WriteOut(const std::vector<Write>& writes, const std::vector<std::string>& erased);

  const Done done_;
  std::string error_;
  std::unique_ptr<leveldb::DB> db_;
  std::atomic<std::uint64_t> syncs_ = 0;

  Mutex mutex_;
  CondVar work_;
  std::vector<Write> waiting_ ASSENT_GUARDED_BY(mutex_);
  std::vector<std::string> erased_ ASSENT_GUARDED_BY(mutex_);
  bool closed_ ASSENT_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace assent::bench
