// A run of batches over a simulated disk that knows which states a restart may find.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/prng.h"
#include "tests/storage/storage_testing.h"
#include "tests/support/simulated_file_system.h"

namespace assent::storage {

class Workload {
 public:
  static constexpr char kDirectory[] = "/test";

  explicit Workload(uint64_t seed) : random_(seed) {}

  // Creates the database, opens it, writes `batches`, with a clean close and reopen in the middle.
  // Ends at the first error, after checking that nothing is acknowledged after it.
  void Run(testing::SimulatedFileSystem* files, int batches);

  // Opens the database as it is on `files` and goes on. The error, if it does not open.
  Status Reopen(testing::SimulatedFileSystem* files);
  // Writes until an error comes.
  void WriteSome(int batches);
  // The process ends, without a word.
  void Kill() { database_.reset(); }

  bool created() const { return created_; }
  const Status& last_error() const { return last_error_; }
  // The state that was found by the last Reopen is one that a restart may find: not older than
  // what was acknowledged or handed out, and no mixture.
  bool last_reopen_was_right() const { return last_reopen_was_right_; }
  const Records& newest() const { return states_.back(); }
  const Records& found() const { return found_; }
  GuardedDatabase* database() { return database_.get(); }
  DatabaseOptions* options() { return &options_; }

 private:
  Batch NextBatch(Records* state);
  bool WriteOne();
  void CheckThatNothingIsAcknowledged();

  Prng random_;
  DatabaseOptions options_ = TestOptions();
  std::unique_ptr<GuardedDatabase> database_;
  bool created_ = false;
  Status last_error_;
  bool last_reopen_was_right_ = false;
  Records found_;
  std::vector<Records> states_ = {Records()};  // after each batch that was tried
  size_t durable_ = 0;                         // the oldest of them that a restart may find
};

}  // namespace assent::storage
