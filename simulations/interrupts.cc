#include "simulations/interrupts.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include "core/check.h"

namespace assent::simulation {

Interrupts::Interrupts() {
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGINT);
  sigaddset(&awaited, SIGTERM);
  sigprocmask(SIG_BLOCK, &awaited, &before_);
  fd_ = signalfd(-1, &awaited, SFD_NONBLOCK | SFD_CLOEXEC);
  ASSENT_CHECK(fd_ >= 0, "no file descriptor for signals");
}

Interrupts::~Interrupts() {
  close(fd_);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int Interrupts::Signal() {
  signalfd_siginfo info;
  if (signal_ == 0 && read(fd_, &info, sizeof info) == sizeof info) {
    signal_ = static_cast<int>(info.ssi_signo);
  }
  return signal_;
}

}  // namespace assent::simulation
