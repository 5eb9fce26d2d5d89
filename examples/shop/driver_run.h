// Places orders, many at once, and settles what is unknown.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "driver_files.h"

namespace shop {

// The addresses of the services that serve the audit.
struct Addresses {
  std::string orders;
  std::string stock;
  std::string wallet;
  std::string loyalty;
};

struct RunOptions {
  Addresses addresses;
  std::int64_t seconds = 20;
  std::int64_t workers = 16;
  std::int64_t seed = 1;
  std::string report;  // a directory: told.csv and longest_in_doubt_ms are written there
};

// Returns the exit code: 0 unless the report could not be written.
int RunOrders(const RunOptions& options, const std::vector<Product>& products,
              const std::vector<Customer>& customers);

}  // namespace shop
