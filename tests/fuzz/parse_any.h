// Every parser of ours for bytes of others, as one function of bytes.
#pragma once

#include <string_view>

namespace assent::testing {

// The first byte chooses the parser. Must not crash; what is accepted must encode and be accepted
// again, which is checked by ASSENT_CHECK.
void ParseAny(std::string_view bytes);

}  // namespace assent::testing
