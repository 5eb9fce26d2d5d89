// What the tests of this folder share.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/guarded_database.h"

namespace assent::storage {

inline const Identity kIdentity = {"test-store", 3, "owner1"};

using Records = std::map<std::string, std::string>;

MATCHER(IsOk, "is OK") {
  *result_listener << arg.ToString();
  return arg.ok();
}

MATCHER_P(HasKind, kind, "") {
  *result_listener << arg.ToString();
  return arg.kind() == kind;
}

inline DatabaseOptions TestOptions(FileSystem* files = nullptr) {
  DatabaseOptions options;
  options.file_system = files;
  options.reserve_bytes = 4096;
  options.check_claims = true;
  return options;
}

inline RecordVisitor Into(Records* records) {
  return [records](std::string_view key, std::string_view value) {
    (*records)[std::string(key)] = value;
    return Status();
  };
}

inline Batch PutOne(const std::string& key, const std::string& value) {
  Batch batch;
  batch.Put(key, value);
  return batch;
}

}  // namespace assent::storage
