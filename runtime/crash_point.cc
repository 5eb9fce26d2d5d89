#include "runtime/crash_point.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>

namespace assent {
namespace {

constexpr int kKilled = 137;  // What a shell reports of SIGKILL.

#if defined(ASSENT_CRASH_POINTS)
constexpr bool kCompiledIn = true;
#else
constexpr bool kCompiledIn = false;
#endif

struct Switch {
  bool set = false;
  bool valid = false;
  std::string name;
  int pass = 1;
};

bool IsKnown(std::string_view name) {
  for (const std::string_view known : kCrashPoints) {
    if (known == name) return true;
  }
  return false;
}

Switch ReadSwitch() {
  const char* const text = std::getenv("ASSENT_CRASH");
  Switch result;
  if (text == nullptr) return result;
  const std::string_view whole(text);
  const std::size_t colon = whole.find(':');
  result.set = true;
  result.name = whole.substr(0, colon);
  result.valid = IsKnown(result.name);
  if (colon != std::string_view::npos) {
    const char* const end = whole.data() + whole.size();
    const auto parsed = std::from_chars(whole.data() + colon + 1, end, result.pass);
    if (parsed.ec != std::errc() || parsed.ptr != end || result.pass < 1) result.valid = false;
  }
  return result;
}

const Switch& TheSwitch() {
  static const auto* const crash_switch = new Switch(ReadSwitch());
  return *crash_switch;
}

}  // namespace

std::string RefuseCrashSwitch() {
  const Switch& crash_switch = TheSwitch();
  if (!crash_switch.set) return "";
  if (!kCompiledIn) {
    return "ASSENT_CRASH is set, but this build has no crash points; unset it";
  }
  if (crash_switch.valid) return "";
  std::string text = "ASSENT_CRASH must be NAME or NAME:PASS, PASS from 1; the names are:";
  for (const std::string_view name : kCrashPoints) text.append("\n  ").append(name);
  return text;
}

namespace internal {

void PassCrashPoint(std::string_view name, std::atomic<int>* passes) {
  const Switch& crash_switch = TheSwitch();
  if (!crash_switch.valid || crash_switch.name != name) return;
  if (passes->fetch_add(1) + 1 == crash_switch.pass) _exit(kKilled);
}

}  // namespace internal
}  // namespace assent
