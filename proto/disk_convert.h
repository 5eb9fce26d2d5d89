// Converts between the decision log's private formats (assent.disk.v1) and the core's values: the
// only place that does. Each Encode gives the bytes of one record's value, the same bytes for the
// same value.
//
// Decode is total: of any bytes it gives a valid value, or false with `error` saying which field is
// wrong and how; it never crashes. A field that this version does not know is an error as well: it
// may mean something. Thread-safe; nothing blocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/records.h"

namespace assent {

std::string Encode(const DecisionRecord& record);
std::string Encode(const AcknowledgedUpdate& update);
std::string Encode(const BindingUpdate& update);
std::string EncodeHorizon(Sequence horizon);
std::string EncodeDecisionCounter(std::uint64_t last_decision_number);

bool Decode(std::string_view bytes, DecisionRecord* record, std::string* error);
bool Decode(std::string_view bytes, AcknowledgedUpdate* update, std::string* error);
bool Decode(std::string_view bytes, BindingUpdate* update, std::string* error);
bool DecodeHorizon(std::string_view bytes, Sequence* horizon, std::string* error);
bool DecodeDecisionCounter(std::string_view bytes, std::uint64_t* last_decision_number,
                           std::string* error);

}  // namespace assent
