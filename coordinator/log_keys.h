// The keys of a decision log's records: they sort like what they name. Part of the format on disk;
// the values are those of proto/disk_convert.h, which hold their id or name again.
//
//   'a' n     AcknowledgedUpdates that were written together; a later one of the same id replaces
//   an
//             earlier one
//   'b' name  BindingUpdate
//   'd' n     DecisionRecords that were written together
//   'h'       the horizon
//   'n'       the highest decision number ever, which outlives its record
//
// where n is 8 bytes big-endian: of decisions the number of the first of them when they were
// written, of acknowledgements a number that is above those of all that are there. The
// coordinator's id is the database's owner, the epoch its count of opens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assent::log_keys {

inline constexpr char kAcknowledged = 'a';
inline constexpr char kBinding = 'b';
inline constexpr char kDecision = 'd';
inline constexpr std::string_view kHorizon = "h";
inline constexpr std::string_view kCounter = "n";

std::string OfGroup(char kind, std::uint64_t number);
// The number in such a key; 0 if it is none.
std::uint64_t NumberIn(std::string_view key);
std::string OfBinding(std::string_view participant);

}  // namespace assent::log_keys
