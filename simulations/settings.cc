#include "simulations/settings.h"

#include <charconv>
#include <optional>

namespace assent::simulation {
namespace {

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

// Empty, or why `text` is no value of the knob.
std::string ReadValue(std::string_view text, const Knob& knob, std::int64_t* value) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *value);
  const bool is_number = read.ec != std::errc::invalid_argument &&
                         read.ptr == text.data() + text.size() && !text.empty();
  if (!is_number) return "'" + std::string(text) + "' is no number";
  const bool is_in_range = read.ec == std::errc() && *value >= knob.least && *value <= knob.most;
  if (is_in_range) return "";
  return std::string(knob.name) + " is from " + std::to_string(knob.least) + " to " +
         std::to_string(knob.most) + ", not " + std::string(text);
}

}  // namespace

std::string Settings::Parse(std::string_view line, Setting* setting) const {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return "not of the form NAME = NUMBER";
  const std::string_view name = Trim(line.substr(0, equals));
  const std::optional<Knob> knob = KnobNamed(name);
  if (!knob) return "nothing is called '" + std::string(name) + "'; see: assent-sim list";
  setting->knob = *knob;
  return ReadValue(Trim(line.substr(equals + 1)), *knob, &setting->value);
}

bool Settings::Take(const Setting& setting) {
  for (Setting& one : settings_) {
    if (one.knob.field != setting.knob.field) continue;
    one.value = setting.value;
    return false;
  }
  settings_.push_back(setting);
  return true;
}

std::string Settings::Set(std::string_view line) {
  Setting setting;
  std::string error = Parse(line, &setting);
  if (error.empty()) Take(setting);
  return error;
}

std::string Settings::Read(std::string_view text) {
  Settings file;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    ++number;
    line = Trim(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    Setting setting;
    std::string error = Parse(line, &setting);
    if (error.empty() && !file.Take(setting)) {
      error = std::string(setting.knob.name) + " stands there twice";
    }
    if (!error.empty()) return "line " + std::to_string(number) + ": " + error;
  }
  for (const Setting& setting : file.settings_) Take(setting);
  return "";
}

bool Settings::HasSeed() const {
  for (const Setting& setting : settings_) {
    if (setting.knob.field == &Profile::seed) return true;
  }
  return false;
}

void Settings::ApplyTo(Profile* profile) const {
  for (const Setting& setting : settings_) profile->*setting.knob.field = setting.value;
}

std::vector<std::string> Settings::Lines() const {
  std::vector<std::string> lines;
  for (const Setting& setting : settings_) {
    lines.push_back(std::string(setting.knob.name) + " = " + std::to_string(setting.value));
  }
  return lines;
}

std::string ReadProfile(std::string_view text, Profile* profile) {
  Settings settings;
  std::string error = settings.Read(text);
  if (error.empty()) settings.ApplyTo(profile);
  return error;
}

}  // namespace assent::simulation
