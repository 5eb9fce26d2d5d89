// What the nodes of a bank hold.
#pragma once

#include <cstdint>
#include <string_view>

namespace assent::testing {

inline constexpr int kAccounts = 64;
inline constexpr std::int64_t kFunds = 1'000'000;              // of each account at first
inline constexpr std::string_view kAccountPrefix = "account";  // then a number
// Then a transaction's id: its amount, written by its own branches.
inline constexpr std::string_view kTracePrefix = "moved-";

}  // namespace assent::testing
