// The keys of a decision log's records: they sort like what they name. Part of the format on disk;
// the values are those of proto/disk_convert.h, which hold their id or name again.
//
//   'a' id    AcknowledgedUpdate
//   'b' name  BindingUpdate
//   'd' id    DecisionRecord
//   'h'       the horizon
//   'n'       the highest decision number ever, which outlives its record
//
// where id is epoch and number, each 8 bytes big-endian. The coordinator's id is the database's
// owner, the epoch its count of opens.
#pragma once

#include <string>
#include <string_view>

#include "core/ids.h"

namespace assent::log_keys {

inline constexpr char kAcknowledged = 'a';
inline constexpr char kBinding = 'b';
inline constexpr char kDecision = 'd';
inline constexpr std::string_view kHorizon = "h";
inline constexpr std::string_view kCounter = "n";

std::string OfId(char kind, const Sequence& id);
std::string OfBinding(std::string_view participant);

}  // namespace assent::log_keys
