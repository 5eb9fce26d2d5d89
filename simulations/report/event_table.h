// A world's events as a page takes them: rows of numbers, with each text written once.
#pragma once

#include <cstddef>
#include <vector>

#include "simulations/event_log.h"
#include "simulations/report/json.h"

namespace assent::simulation {

// Adds the members "kinds", "texts", "ids", "rows" and "dropped" to the object that is being
// written. Of more than `most` events, those nearest to the end are kept.
//
// A row: microseconds since the row before, kind, who, what, and then as far as they are not all
// zero: message, peer, content, fault, until (microseconds), and the transactions. Texts and
// transactions are numbers of "texts" and "ids"; text 0 is empty.
void WriteEvents(const std::vector<Event>& events, std::size_t most, JsonWriter* json);

}  // namespace assent::simulation
