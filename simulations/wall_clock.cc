#include "simulations/wall_clock.h"

#include <sys/times.h>
#include <unistd.h>

namespace assent::simulation {

double WallSeconds() {
  struct tms unused;
  return static_cast<double>(times(&unused)) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double WorkerSeconds() {
  struct tms used;
  times(&used);
  return static_cast<double>(used.tms_cutime + used.tms_cstime) /
         static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace assent::simulation
