#pragma once

#include <algorithm>
#include <cstdlib>

namespace assent {

// How much of its repeated work a test does: ASSENT_TEST_SCALE, from 0 to 1, 1 if it is not set or
// no number. The sanitizers' presets run with less (scripts/test).
inline double TestScale() {
  const char* const text = std::getenv("ASSENT_TEST_SCALE");
  if (text == nullptr) return 1;
  char* end = nullptr;
  const double scale = std::strtod(text, &end);
  if (end == text) return 1;
  return std::clamp(scale, 0.0, 1.0);
}

// The scaled part of `full` repetitions, never fewer than `least`: no scale empties a test.
inline int Scaled(int full, int least = 1) {
  return std::max(least, static_cast<int>(full * TestScale()));
}

}  // namespace assent
