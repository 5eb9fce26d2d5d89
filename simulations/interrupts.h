// SIGINT and SIGTERM as something to look at, not as an end: while one of these lives they do
// nothing else to this process, and nothing at all to the processes that it starts.
#pragma once

#include <csignal>

namespace assent::simulation {

// One at a time. Thread-compatible, in a process of one thread.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  // Readable when a signal has come that Signal has not seen.
  int fd() const { return fd_; }
  // The number of the first one that came; 0: none so far. Does not block.
  int Signal();

 private:
  sigset_t before_;
  int fd_ = -1;
  int signal_ = 0;
};

}  // namespace assent::simulation
