#include "coordinator/configuration_values.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/check.h"

namespace assent {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first, each a multiple of the next.
constexpr std::array<Unit, 5> kDurationUnits{
    {{"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}, {"ms", 1'000}, {"us", 1}}};
constexpr std::array<Unit, 4> kSizeUnits{
    {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};

template <std::size_t size>
std::optional<std::uint64_t> ParseWithUnit(std::string_view text,
                                           const std::array<Unit, size>& units) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = ParseCount(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (text.substr(digits) != unit.name) continue;
    if (*number > UINT64_MAX / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

template <std::size_t size>
std::string FormatWithUnit(std::uint64_t number, const std::array<Unit, size>& units) {
  const auto fits = [number](const Unit& unit) {
    return number >= unit.factor && number % unit.factor == 0;
  };
  const auto found = std::find_if(units.begin(), units.end(), fits);
  const Unit& unit = found == units.end() ? units.back() : *found;
  return std::to_string(number / unit.factor).append(unit.name);
}

bool IsIpv6(const std::string& host) {
  in6_addr unused;
  return inet_pton(AF_INET6, host.c_str(), &unused) == 1;
}

// A name, or an IPv4 address: what is made of digits and dots alone must be one.
bool IsHost(const std::string& host) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  if (host.empty() || host.find_first_not_of(kAllowed) != std::string::npos) return false;
  if (host.find_first_not_of("0123456789.") != std::string::npos) return true;
  in_addr unused;
  return inet_pton(AF_INET, host.c_str(), &unused) == 1;
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::uint64_t> ParseCount(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> ParseDuration(std::string_view text) {
  return ParseWithUnit(text, kDurationUnits);
}

std::string FormatDuration(std::uint64_t micros) { return FormatWithUnit(micros, kDurationUnits); }

std::optional<std::uint64_t> ParseSize(std::string_view text) {
  return ParseWithUnit(text, kSizeUnits);
}

std::string FormatSize(std::uint64_t bytes) { return FormatWithUnit(bytes, kSizeUnits); }

std::string QuoteToml(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted.append({'\\', c});
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted.append("\\u00").append({kDigits[byte >> 4], kDigits[byte & 15]});
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "\"";
}

std::optional<Address> ParseAddress(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.substr(0, kUnix.size()) == kUnix) {
    if (text.size() == kUnix.size()) return std::nullopt;
    return Address{true, std::string(text.substr(kUnix.size())), 0};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = ParseCount(text.substr(colon + 1));
  if (!port || *port > UINT16_MAX) return std::nullopt;
  Address address{false, std::string(text.substr(0, colon)), static_cast<std::uint16_t>(*port)};
  const bool bracketed =
      address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']';
  if (bracketed) address.host = address.host.substr(1, address.host.size() - 2);
  if (bracketed ? !IsIpv6(address.host) : !IsHost(address.host)) return std::nullopt;
  return address;
}

bool IsLoopback(const Address& address) {
  if (address.is_unix || address.host == "localhost") return true;
  in_addr v4;
  if (inet_pton(AF_INET, address.host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6;
  return inet_pton(AF_INET6, address.host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string Nearest(std::string_view text, const std::vector<std::string>& known) {
  ASSENT_CHECK(!known.empty());
  return *std::min_element(known.begin(), known.end(),
                           [text](const std::string& a, const std::string& b) {
                             return EditDistance(text, a) < EditDistance(text, b);
                           });
}

}  // namespace assent
