// What a user says about worlds, over what a scenario draws: lines of NAME = NUMBER, the part of
// TOML that a profile needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulations/profile.h"

namespace assent::simulation {

// Numbers by their knobs. A value; thread-compatible.
class Settings {
 public:
  // Takes one line, over what was said of that name before. Empty, or what is wrong: no such form
  // or name, no number, or one out of the knob's range.
  std::string Set(std::string_view line);

  // Takes the lines of a file; "#" begins a comment, and each name stands there once. Empty, or
  // what is wrong in which line; then nothing is taken.
  std::string Read(std::string_view text);

  bool HasSeed() const;
  void ApplyTo(Profile* profile) const;

  // "NAME = NUMBER" each, without comments, in the order in which they were first said.
  std::vector<std::string> Lines() const;

 private:
  struct Setting {
    Knob knob;
    std::int64_t value = 0;
  };

  std::string Parse(std::string_view line, Setting* setting) const;
  // True if it is the first of its name.
  bool Take(const Setting& setting);

  std::vector<Setting> settings_;
};

// Reads the lines of `text` over `profile`, as Settings::Read does.
std::string ReadProfile(std::string_view text, Profile* profile);

}  // namespace assent::simulation
