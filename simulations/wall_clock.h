// Real time, for --minutes and the summary. No world sees it.
#pragma once

namespace assent::simulation {

// Seconds since some instant.
double WallSeconds();

}  // namespace assent::simulation
