#include "core/check.h"

#include <cstdio>
#include <cstdlib>

namespace assent {
namespace {

CheckFailureHandler failure_handler = nullptr;

}  // namespace

void SetCheckFailureHandler(CheckFailureHandler handler) { failure_handler = handler; }

void CheckFailed(const char* file, int line, const char* condition, const char* message) {
  if (failure_handler != nullptr) failure_handler(file, line, condition, message);
  std::fprintf(stderr, "%s:%d: check failed: %s %s\n", file, line, condition, message);
  std::abort();
}

}  // namespace assent
