// A key-value store on a simulated disk, driven by the test's own thread.
#pragma once

#include "participant/key_value_store.h"
#include "tests/support/simulated_file_system.h"

namespace assent {

// `disk` must outlive the store.
inline KeyValueStoreOptions OptionsOn(testing::SimulatedFileSystem* disk) {
  KeyValueStoreOptions options;
  options.directory = "/data/store";
  options.file_system = disk;
  options.own_thread = false;
  options.check_claims = true;
  options.reserve_bytes = 0;
  return options;
}

}  // namespace assent
