// A call of an application to one of its services, which works for a transaction there (R4 a).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.h"

namespace assent::simulation {

struct WorkCall {
  TransactionId id;
  std::string operations;  // participant/key_value_store_operations.h
};

// How a reply begins if the work was done and its enlistment acknowledged; what was read follows.
inline constexpr std::string_view kWorkDone = "done";

inline bool IsDone(std::string_view reply) { return reply.starts_with(kWorkDone); }
inline std::string_view ReadBy(std::string_view reply) { return reply.substr(kWorkDone.size()); }

inline std::string Encode(const WorkCall& call) {
  return call.id.ToText() + "\n" + call.operations;
}

inline std::optional<WorkCall> DecodeWorkCall(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::optional<TransactionId> id = TransactionId::Parse(bytes.substr(0, end));
  if (!id) return std::nullopt;
  return WorkCall{*id, std::string(bytes.substr(end + 1))};
}

}  // namespace assent::simulation
