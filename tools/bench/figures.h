// Named numbers of a run, and what several runs say together.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assent::bench {

// Values; thread-compatible. Keeps the order in which names were first set.
class Figures {
 public:
  void Set(std::string_view name, double value);
  double Get(std::string_view name) const;  // 0 if it was not set
  const std::vector<std::pair<std::string, double>>& list() const { return list_; }

 private:
  std::vector<std::pair<std::string, double>> list_;
};

// Of an even number of values the median is the mean of the two in the middle.
struct Spread {
  std::string name;
  double median = 0;
  double min = 0;
  double max = 0;
};

// Of each figure of the first run over all runs; each figure on its own.
std::vector<Spread> SpreadsOf(const std::vector<Figures>& runs);

}  // namespace assent::bench
