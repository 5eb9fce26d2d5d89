// A table that a report shows as it is: counts in rows and columns, and for each cell that has none
// the reason why it cannot have any. Whoever counts (coverage) fills it; the report only draws it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace assent::simulation {

struct ReportTable {
  std::string title;
  std::string text;  // a sentence below the title; may be empty
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  // One vector per row, one number per column.
  std::vector<std::vector<std::int64_t>> counts;
  // Why the cell (row, column) is empty. An empty cell without a reason is shown as a gap.
  std::vector<std::pair<std::pair<std::size_t, std::size_t>, std::string>> reasons;
};

}  // namespace assent::simulation
