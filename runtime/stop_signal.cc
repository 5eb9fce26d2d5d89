#include "runtime/stop_signal.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>

#include "core/check.h"
#include "runtime/clock.h"

namespace assent {
namespace {

int MillisUntil(Time deadline) {
  if (deadline.IsNever()) return -1;
  const std::int64_t left = (deadline - MonotonicNow()).micros;
  return static_cast<int>(std::clamp<std::int64_t>((left + 999) / 1000, 0, INT_MAX));
}

// Takes what one of the descriptors holds.
bool Take(int descriptor, void* buffer, std::size_t size) {
  return read(descriptor, buffer, size) == static_cast<ssize_t>(size);
}

}  // namespace

StopSignal::StopSignal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  ASSENT_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  notified_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  ASSENT_CHECK(signals_ >= 0 && notified_ >= 0, "two descriptors can be opened");
}

StopSignal::~StopSignal() {
  close(signals_);
  close(notified_);
}

std::optional<StopSignal::Cause> StopSignal::Wait(std::optional<Duration> timeout) {
  const Time deadline = timeout ? MonotonicNow() + *timeout : Time::Never();
  std::array<pollfd, 2> waits{{{signals_, POLLIN, 0}, {notified_, POLLIN, 0}}};
  for (;;) {
    const int ready = poll(waits.data(), waits.size(), MillisUntil(deadline));
    ASSENT_CHECK(ready >= 0 || errno == EINTR, "two open descriptors can be polled");
    signalfd_siginfo signal;
    if (ready > 0 && Take(signals_, &signal, sizeof signal)) return Cause::kSignal;
    std::uint64_t times = 0;
    if (ready > 0 && Take(notified_, &times, sizeof times)) return Cause::kNotified;
    if (ready == 0) return std::nullopt;
  }
}

void StopSignal::Notify() {
  const std::uint64_t one = 1;
  // It fails only when a notification waits already.
  const ssize_t written = write(notified_, &one, sizeof one);
  ASSENT_CHECK(written == sizeof one || errno == EAGAIN);
}

}  // namespace assent
