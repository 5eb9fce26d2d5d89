// Writes what the core finds worth a person's attention to the log, at a bounded rate.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/coordinator_io.h"
#include "core/time.h"

namespace assent {

// Event thread only. A glog line costs some microseconds, so each kind gets at most
// kLinesPerSecond; what is left out is counted and told with the next line of that kind. Texts of
// peers are escaped and cut (coordinator/printable.h): a notice is one line.
class NoticeLog {
 public:
  static constexpr std::uint32_t kLinesPerSecond = 20;

  explicit NoticeLog(const CoordinatorId& coordinator) : coordinator_(coordinator) {}

  void Write(const coordinator_effect::Notice& notice, Time now);

 private:
  struct Rate {
    Time second_began;
    std::uint32_t lines = 0;
    std::uint64_t left_out = 0;
  };

  // True if a line may be written now; `left_out` is how many were not since the last one.
  bool Admit(NoticeKind kind, Time now, std::uint64_t* left_out);

  const CoordinatorId coordinator_;
  std::array<Rate, 16> rates_;
};

}  // namespace assent
