#include "tools/bench/figures.h"

#include <algorithm>

namespace assent::bench {
namespace {

// Of one or more values in order.
double MedianOf(const std::vector<double>& values) {
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

}  // namespace

void Figures::Set(std::string_view name, double value) {
  for (auto& entry : list_) {
    if (entry.first != name) continue;
    entry.second = value;
    return;
  }
  list_.emplace_back(name, value);
}

double Figures::Get(std::string_view name) const {
  for (const auto& entry : list_) {
    if (entry.first == name) return entry.second;
  }
  return 0;
}

std::vector<Spread> SpreadsOf(const std::vector<Figures>& runs) {
  std::vector<Spread> spreads;
  if (runs.empty()) return spreads;
  for (const auto& figure : runs.front().list()) {
    std::vector<double> values;
    for (const Figures& run : runs) values.push_back(run.Get(figure.first));
    std::sort(values.begin(), values.end());
    spreads.push_back({figure.first, MedianOf(values), values.front(), values.back()});
  }
  return spreads;
}

}  // namespace assent::bench
