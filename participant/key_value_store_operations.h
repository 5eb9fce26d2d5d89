// Operations on the key-value store: the payload of Prepare, and how an operation ends.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

enum class StoreError : std::uint8_t {
  kNone = 0,
  kConflict,    // another branch holds a lock of this key
  kBelowFloor,  // the result of Add would lie below the floor
  kOverflow,    // the result of Add would not fit 64 bits
  kNotANumber,  // Add to a value that is not a decimal 64-bit number
  kNotActive,   // the branch is preparing, prepared or finished
  kTooLarge,    // over a limit
  kMalformed,   // an empty key, or a payload that is not a list of operations
  kNotStarted,  // before Start or after Stop
  kFailed,      // the store has failed (R8)
};

struct [[nodiscard]] StoreResult {
  StoreError error = StoreError::kNone;
  std::string text;                  // what is wrong, for people; empty if ok()
  std::optional<std::string> value;  // of Read and Add

  bool ok() const { return error == StoreError::kNone; }
};

// One operation. `key` is 1 to 1,024 bytes.
struct StoreOperation {
  enum class Kind : std::uint8_t { kRead = 1, kPut = 2, kDelete = 3, kAdd = 4 };

  Kind kind = Kind::kRead;
  std::string key;
  std::string value;       // of kPut
  std::int64_t delta = 0;  // of kAdd
  std::int64_t floor = std::numeric_limits<std::int64_t>::min();

  bool operator==(const StoreOperation&) const = default;
};

// Builds the payload of a branch; the operations apply in this order.
//
//   std::string payload = Operations().Add("alice", -10, 0).Put("last", "alice").Encode();
//
// The encoding is stable, and simple enough for other languages: the version, 1; then for each
// operation its kind (StoreOperation::Kind) and the key, and for kPut the value, for kAdd delta and
// floor. Version and kind take four bytes, least significant first; delta and floor eight, two's
// complement; keys and values are a length of four bytes and that many bytes. A value;
// thread-compatible.
class Operations {
 public:
  Operations& Read(std::string_view key);  // locks the key against writers until the end
  Operations& Put(std::string_view key, std::string_view value);
  Operations& Delete(std::string_view key);
  Operations& Add(std::string_view key, std::int64_t delta,
                  std::int64_t floor = std::numeric_limits<std::int64_t>::min());

  std::string Encode() const;
  // Nothing if `bytes` is not exactly what Encode gives.
  static std::optional<Operations> Decode(std::string_view bytes);

  const std::vector<StoreOperation>& list() const { return list_; }

 private:
  std::vector<StoreOperation> list_;
};

}  // namespace assent
