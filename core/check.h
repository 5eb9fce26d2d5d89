// Checks of broken invariants: on in every build, release included.
//
// A failed check is a programming error, never an expected condition. The handler that a program
// installs (glog's FATAL, in ours) must not return; without one the message goes to stderr and the
// process aborts.
#pragma once

namespace assent {

// Called with the place, the condition's text and a message (never null, may be empty). Must not
// return.
using CheckFailureHandler = void (*)(const char* file, int line, const char* condition,
                                     const char* message);

// Installs `handler` for the whole process; null restores the default. Call it before threads
// start.
void SetCheckFailureHandler(CheckFailureHandler handler);

// Reports a failed check. Does not return.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              const char* message = "");

}  // namespace assent

// ASSENT_CHECK(condition) or ASSENT_CHECK(condition, "what must hold, and why").
#define ASSENT_CHECK(condition, ...) \
  (static_cast<bool>(condition)      \
       ? static_cast<void>(0)        \
       : ::assent::CheckFailed(__FILE__, __LINE__, #condition __VA_OPT__(, ) __VA_ARGS__))
