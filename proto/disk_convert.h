// Converts between the decision log's private formats (assent.disk.v1) and the core's values: the
// only place that does. Each Encode gives the bytes of one record's value, the same bytes for the
// same value.
//
// Decode is total: of any bytes it gives a valid value, or false with `error` saying which field is
// wrong and how; it never crashes. A field that this version does not know is an error as well: it
// may mean something. Thread-safe; nothing blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/records.h"

namespace assent {

// Decode refuses longer ones.
inline constexpr std::size_t kMaxRecordBytes = std::size_t{1024} * 1024;

// Of one epoch, in the order of their decision numbers.
std::string Encode(std::span<const DecisionRecord> records);
std::string Encode(std::span<const AcknowledgedUpdate> updates);
std::string Encode(const BindingUpdate& update);
std::string EncodeHorizon(Sequence horizon);
std::string EncodeDecisionCounter(std::uint64_t last_decision_number);

// At least one.
bool Decode(std::string_view bytes, std::vector<DecisionRecord>* records, std::string* error);
bool Decode(std::string_view bytes, std::vector<AcknowledgedUpdate>* updates, std::string* error);
bool Decode(std::string_view bytes, BindingUpdate* update, std::string* error);
bool DecodeHorizon(std::string_view bytes, Sequence* horizon, std::string* error);
bool DecodeDecisionCounter(std::string_view bytes, std::uint64_t* last_decision_number,
                           std::string* error);

}  // namespace assent
