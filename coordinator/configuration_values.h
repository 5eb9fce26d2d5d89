// Texts of single configuration values: durations, sizes, numbers, addresses. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

// "1500us", "500ms", "30s", "10m", "1h": a whole number and a unit, in microseconds. Nothing if it
// is not that, or does not fit.
std::optional<std::uint64_t> ParseDuration(std::string_view text);
// The same with the largest unit that needs no fraction.
std::string FormatDuration(std::uint64_t micros);

// "512B", "64KiB", "4MiB", "1GiB", in bytes.
std::optional<std::uint64_t> ParseSize(std::string_view text);
std::string FormatSize(std::uint64_t bytes);

// Decimal digits only.
std::optional<std::uint64_t> ParseCount(std::string_view text);

// `text` as a TOML string.
std::string QuoteToml(std::string_view text);

struct Address {
  bool is_unix = false;
  std::string host;  // without brackets; or the path of the socket
  std::uint16_t port = 0;
};

// "HOST:PORT", "IPV4:PORT", "[IPV6]:PORT" or "unix:PATH".
std::optional<Address> ParseAddress(std::string_view text);
// Whether only this machine can reach it: 127.0.0.0/8, ::1, localhost, a Unix socket.
bool IsLoopback(const Address& address);

// The one of `known` (not empty) that takes the fewest edits to become `text`.
std::string Nearest(std::string_view text, const std::vector<std::string>& known);

}  // namespace assent
