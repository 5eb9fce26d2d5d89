// Names of things: coordinators, transactions, stores, participants. Plain values, no clock and no
// randomness inside.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace assent {

// A coordinator's id: 1 to 22 bytes of a-z and 0-9, the same for the whole life of its log.
class CoordinatorId {
 public:
  static constexpr std::size_t kMaxSize = 22;

  CoordinatorId() = default;  // empty: not a valid id, equal to no coordinator's

  // Nothing if `text` is not a valid id.
  static std::optional<CoordinatorId> Parse(std::string_view text);

  std::string_view text() const { return {text_.data(), size_}; }
  bool empty() const { return size_ == 0; }

  bool operator==(const CoordinatorId&) const = default;
  // As of text(): what is behind it is zero. The library's own way for an array goes byte by byte,
  // twice for each step in a map.
  std::strong_ordering operator<=>(const CoordinatorId& other) const {
    return std::memcmp(text_.data(), other.text_.data(), kMaxSize) <=> 0;
  }

 private:
  std::array<char, kMaxSize> text_{};
  std::uint8_t size_ = 0;
};

// One life of a coordinator; raised by one and synced at every start. The first is 1.
using Epoch = std::uint64_t;

// A transaction's place among those of one coordinator. Ordered as they were given out.
struct Sequence {
  Epoch epoch = 0;
  std::uint64_t number = 0;

  auto operator<=>(const Sequence&) const = default;
};

// (coordinator, epoch, number); the idempotency key of a transaction. Text form
// "coordinator-epoch-number" in decimal, without leading zeros, at most 64 bytes (the limit of XA's
// gtrid); parsed from the right.
struct TransactionId {
  CoordinatorId coordinator;
  Sequence sequence;

  static constexpr std::size_t kMaxTextSize = 64;

  // Nothing if `text` is not exactly what ToText() gives for some id; epoch and number are at
  // least 1.
  static std::optional<TransactionId> Parse(std::string_view text);
  std::string ToText() const;

  auto operator<=>(const TransactionId&) const = default;
};

// Drawn at random when a store is made, never zero; it tells stores apart that claim one
// participant's name.
struct StoreId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  bool empty() const { return high == 0 && low == 0; }

  // 32 lower-case hexadecimal digits.
  static std::optional<StoreId> Parse(std::string_view text);
  std::string ToText() const;

  auto operator<=>(const StoreId&) const = default;
};

// A store's start counter, raised and synced before it attaches. The first is 1.
using Incarnation = std::uint64_t;

// Drawn at random by a process at its start; tells two processes apart that claim one incarnation
// or one epoch.
using LifeNumber = std::uint64_t;

// A participant's stable name: 1 to 64 bytes of a-z, 0-9, '.', '_' and '-', beginning with a letter
// or digit.
constexpr std::size_t kMaxParticipantNameSize = 64;
bool IsValidParticipantName(std::string_view name);

struct SequenceHash {
  std::size_t operator()(const Sequence& s) const {
    return static_cast<std::size_t>((s.number ^ (s.epoch << 48)) * 0x9e3779b97f4a7c15);
  }
};

struct TransactionIdHash {
  std::size_t operator()(const TransactionId& id) const {
    const std::string_view coordinator = id.coordinator.text();
    std::uint64_t first = 0;  // coordinators' ids are drawn at random: their first bytes differ
    std::memcpy(&first, coordinator.data(), std::min(coordinator.size(), sizeof(first)));
    return SequenceHash()(id.sequence) ^ static_cast<std::size_t>(first);
  }
};

}  // namespace assent
