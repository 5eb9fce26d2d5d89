// The database's records about itself, and how they look on disk. Values.
//
// They lie under keys that begin with a zero byte, which no other key does. All but the head are
// counted and summed like any other record.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assent::storage {

inline constexpr std::string_view kHeadKey("\0head", 5);
inline constexpr std::string_view kIdentityKey("\0identity", 9);
inline constexpr std::string_view kSupersededKey("\0superseded", 11);

inline bool IsBookkeepingKey(std::string_view key) { return !key.empty() && key[0] == '\0'; }

// Whose database it is.
struct Identity {
  std::string kind;     // "decision-log", "key-value-store"; at most 255 bytes
  uint32_t format = 0;  // of the records, the caller's own numbering
  std::string owner;    // the coordinator's or the store's id; at most 255 bytes

  friend bool operator==(const Identity&, const Identity&) = default;
};

// Rewritten in every batch.
struct Head {
  uint64_t sequence = 0;      // of this batch
  uint64_t live_records = 0;  // all but the head
  uint64_t sum = 0;           // of their RecordHash, mod 2^64
  uint64_t opens = 0;

  friend bool operator==(const Head&, const Head&) = default;
};

// The layout of everything that this folder writes.
inline constexpr uint32_t kLayoutVersion = 1;

std::string EncodeHead(const Head& head);
bool DecodeHead(std::string_view bytes, Head* head);

std::string EncodeIdentity(const Identity& identity);
// False if it is garbled. A layout newer than kLayoutVersion sets `*layout` and nothing else.
bool DecodeIdentity(std::string_view bytes, uint32_t* layout, Identity* identity);

}  // namespace assent::storage
