// The only place that reads a clock. Everything else is handed the time as an argument.
//
// Thread-safe; never blocks; no error.
#pragma once

#include <grpc/support/time.h>

#include <string>

#include "core/time.h"

namespace assent {

// Now, on the monotonic clock that gRPC's deadlines use too. Comparable within this process only.
Time MonotonicNow();

// Now as UTC text for people, e.g. "2024-05-01T12:00:00.123456Z". Never compared, never parsed by
// us.
std::string WallClockText();

// Time::Never() becomes gRPC's infinite future, and back.
gpr_timespec ToGrpcTime(Time time);

// Takes any of gRPC's clocks; converts it to the monotonic one. The infinite past becomes Time{0}.
Time FromGrpcTime(gpr_timespec time);

}  // namespace assent
