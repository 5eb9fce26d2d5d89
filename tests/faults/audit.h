// What has to hold after any fault, once everything runs again and the driver has stopped.
#pragma once

#include "tests/faults/transfers.h"
#include "tests/integration/bank_world.h"

namespace assent::testing {

// Every transfer that was begun has an outcome by now, the one that was told if any was; its trace
// is at both nodes if it is committed, at none if it is aborted; nothing is in doubt or left over;
// and no money was made or lost. Each violation is a failure of the test.
void ExpectHonest(BankWorld* world, const Journal& journal);

}  // namespace assent::testing
