#include "core/ids.h"

#include <algorithm>
#include <charconv>

namespace assent {
namespace {

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// A number of at least 1, in decimal without leading zeros, that fills `text`.
std::optional<std::uint64_t> ParsePositive(std::string_view text) {
  if (text.empty() || text.front() == '0') return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Takes the piece behind the last '-' off `text`; nothing if there is no '-'.
std::optional<std::string_view> TakeLastPiece(std::string_view* text) {
  const std::size_t dash = text->rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view piece = text->substr(dash + 1);
  text->remove_suffix(text->size() - dash);
  return piece;
}

std::optional<std::uint64_t> ParseHex(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
    number = number << 4 | static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10);
  }
  return number;
}

void AppendHex(std::uint64_t number, std::string* text) {
  for (int shift = 60; shift >= 0; shift -= 4) {
    text->push_back("0123456789abcdef"[(number >> shift) & 0xf]);
  }
}

}  // namespace

std::optional<CoordinatorId> CoordinatorId::Parse(std::string_view text) {
  if (text.empty() || text.size() > kMaxSize) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), IsLowerOrDigit)) return std::nullopt;
  CoordinatorId id;
  std::copy(text.begin(), text.end(), id.text_.begin());
  id.size_ = static_cast<std::uint8_t>(text.size());
  return id;
}

std::optional<TransactionId> TransactionId::Parse(std::string_view text) {
  if (text.size() > kMaxTextSize) return std::nullopt;
  const auto number_text = TakeLastPiece(&text);
  if (!number_text) return std::nullopt;
  const auto epoch_text = TakeLastPiece(&text);
  if (!epoch_text) return std::nullopt;
  const auto coordinator = CoordinatorId::Parse(text);
  const auto epoch = ParsePositive(*epoch_text);
  const auto number = ParsePositive(*number_text);
  if (!coordinator || !epoch || !number) return std::nullopt;
  return TransactionId{*coordinator, {*epoch, *number}};
}

std::string TransactionId::ToText() const {
  std::string text(coordinator.text());
  text += '-';
  text += std::to_string(sequence.epoch);
  text += '-';
  text += std::to_string(sequence.number);
  return text;
}

std::optional<StoreId> StoreId::Parse(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  const auto high = ParseHex(text.substr(0, 16));
  const auto low = ParseHex(text.substr(16));
  if (!high || !low) return std::nullopt;
  return StoreId{*high, *low};
}

std::string StoreId::ToText() const {
  std::string text;
  text.reserve(32);
  AppendHex(high, &text);
  AppendHex(low, &text);
  return text;
}

bool IsValidParticipantName(std::string_view name) {
  if (name.empty() || name.size() > kMaxParticipantNameSize || !IsLowerOrDigit(name.front())) {
    return false;
  }
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return IsLowerOrDigit(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace assent
