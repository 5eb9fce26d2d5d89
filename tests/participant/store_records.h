// The records of a key-value store on a simulated disk, by the first byte of their keys.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "participant/key_value_store_backend.h"
#include "storage/guarded_database.h"
#include "tests/support/simulated_file_system.h"

namespace assent {

class StoreRecords {
 public:
  void Add(std::string_view key, std::string_view value) { records_.emplace(key, value); }

  // Empty if there is none.
  std::string Value(const std::string& key) const {
    const auto found = records_.find(key);
    return found == records_.end() ? "" : found->second;
  }
  std::size_t Count(char prefix) const {
    return Sum(prefix, [](std::string_view) { return 1; });
  }
  // In their values.
  std::size_t Bytes(char prefix) const {
    return Sum(prefix, [](std::string_view value) { return value.size(); });
  }

 private:
  template <typename Measure>
  std::size_t Sum(char prefix, Measure measure) const {
    std::size_t sum = 0;
    for (const auto& [key, value] : records_) {
      if (key[0] == prefix) sum += static_cast<std::size_t>(measure(value));
    }
    return sum;
  }

  std::map<std::string, std::string> records_;
};

// What a start would find now; the store there may be open.
inline StoreRecords RecordsOn(const testing::SimulatedFileSystem& disk) {
  StoreRecords records;
  const auto copy = disk.AfterCrash(testing::Loss::kNothing, 1);
  storage::DatabaseOptions options;
  options.file_system = copy.get();
  options.reserve_bytes = 0;
  std::unique_ptr<storage::GuardedDatabase> database;
  const storage::Status opened = storage::GuardedDatabase::Open(
      options, "/data/store", {"key-value-store", key_value_store_internal::kStoreFormat, ""},
      [&records](std::string_view key, std::string_view value) {
        records.Add(key, value);
        return storage::Status();
      },
      &database);
  EXPECT_TRUE(opened.ok()) << opened.ToString();
  return records;
}

}  // namespace assent
