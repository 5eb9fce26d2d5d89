// What a message of a world says, for people. It is read from its bytes by the production's
// conversion, as its receiver reads it; called only when events are recorded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/messages.h"
#include "simulations/network.h"

namespace assent::simulation {

struct MessageWords {
  std::string label;  // "Prepare ×3"
  std::string text;   // a line for each part
  std::vector<TransactionId> about;
};

// A frame of a stream to `coordinator`; `to_coordinator`: its direction.
MessageWords WordsOfFrame(StreamKind kind, bool to_coordinator, const CoordinatorId& coordinator,
                          std::string_view bytes);
MessageWords WordsOfRequest(Method method, std::string_view bytes);
// `about`: what the request was about; some replies do not say it again.
MessageWords WordsOfReply(Method method, std::string_view bytes,
                          const std::vector<TransactionId>& about);

// "COMMITTED" and what else an answer tells.
std::string Words(const OutcomeReply& reply);

}  // namespace assent::simulation
