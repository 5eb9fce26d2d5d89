// How results are printed: a text table, or one JSON object per line.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "tools/bench/figures.h"

namespace assent::bench {

// One line of results: what was measured, and the medians of its runs.
struct Line {
  std::string scenario;
  std::vector<std::pair<std::string, double>> labels;  // "concurrency", "participants", …
  std::vector<Figures> runs;
  std::vector<Figures> floor;  // empty: none was measured
  std::string floor_name{};    // of the scenario that this floor is made for
  std::size_t disturbed = 0;   // of `runs`: others used the machine
  std::size_t repeated = 0;    // disturbed runs that were left out
};

class Report {
 public:
  explicit Report(bool json) : json_(json) {}

  // To standard output, at once.
  void Add(const Line& line);
  // To standard error: why something is missing.
  void Say(const std::string& text) const;

 private:
  const bool json_;
  std::string last_scenario_;
};

}  // namespace assent::bench
