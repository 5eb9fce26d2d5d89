// What happened, line by line, for people. Collects nothing unless it is asked to.
#pragma once

#include <string>
#include <vector>

#include "core/time.h"

namespace assent::simulation {

enum class LogLevel { kNone, kShort, kFull };

struct TranscriptLine {
  Time at;
  std::string who;
  std::string what;
};

class Transcript {
 public:
  explicit Transcript(LogLevel level) : level_(level) {}

  // Ask first: building the text costs more than all else.
  bool shows_short() const { return level_ != LogLevel::kNone; }
  bool shows_full() const { return level_ == LogLevel::kFull; }

  void Add(Time at, std::string who, std::string what) {
    lines_.push_back(TranscriptLine{at, std::move(who), std::move(what)});
  }
  const std::vector<TranscriptLine>& lines() const { return lines_; }

 private:
  const LogLevel level_;
  std::vector<TranscriptLine> lines_;
};

// "  12.345678 s  coordinator-1     starts, epoch 3"
std::string ToText(const TranscriptLine& line);

}  // namespace assent::simulation
