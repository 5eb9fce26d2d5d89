// Reads all stores and holds them against each other, against the files that the shop was opened
// with, and against what the customers were told.
#pragma once

#include <string>
#include <vector>

#include "driver_files.h"
#include "driver_run.h"

namespace shop {

struct AuditOptions {
  Addresses addresses;
  std::string report;  // what RunOrders has written
};

// Waits until nothing is in doubt (a minute at most), reads, and prints the table. Returns the exit
// code: 0 only if everything adds up.
int RunAudit(const AuditOptions& options, const std::vector<Product>& products,
             const std::vector<Customer>& customers);

}  // namespace shop
