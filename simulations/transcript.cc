#include "simulations/transcript.h"

#include <cstdio>

namespace assent::simulation {

std::string ToText(const TranscriptLine& line) {
  char prefix[96];
  std::snprintf(prefix, sizeof prefix, "%12.6f s  %-16s", static_cast<double>(line.at.micros) / 1e6,
                line.who.c_str());
  return prefix + line.what;
}

}  // namespace assent::simulation
