// Real time, for --minutes and the summary. No world sees it.
#pragma once

namespace assent::simulation {

// Seconds since some instant.
double WallSeconds();

// Seconds of processors that the worker processes have used; of those that have ended.
double WorkerSeconds();

}  // namespace assent::simulation
