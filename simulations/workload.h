// What initiators want done: transfers between accounts and orders of the shop, on any of the
// participants, by payload or by calls.
//
// Money and goods are numbers under "money/…" and "goods/…" whose sums over all stores are 0, and
// each branch that writes counts its transaction under "mark/<id>".
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/ids.h"
#include "participant/key_value_store_operations.h"
#include "simulations/history.h"
#include "simulations/profile.h"
#include "simulations/random.h"

namespace assent::simulation {

struct PlannedBranch {
  int participant = 0;
  bool writes = false;
  bool by_call = false;
  Operations operations;  // without the mark

  // With the mark of `id`, if the branch writes.
  std::string Encode(const TransactionId& id) const;
  // The same work in two parts.
  std::string EncodeWork() const { return operations.Encode(); }
  static std::string EncodeMark(const TransactionId& id);
};

struct Plan {
  std::vector<PlannedBranch> branches;

  ParticipantMask writers() const;
  ParticipantMask writing_calls() const;

  // Its branches stay what they are, but neither money nor goods move: for an initiator that does
  // not mind if some of them are left out.
  void MoveNothing();
};

Plan DrawPlan(const Profile& profile, Random* random);

// Reads by a call whether the effect of `id` is at the participant.
Plan LookPlan(const TransactionId& id, int participant);

// A transaction of one small branch.
Plan SmallPlan(int participant);

// Transactions that write to all of `keys` of one participant and change none: they need every
// lock.
std::vector<Plan> ProbePlans(int participant, const std::set<std::string>& keys);

inline constexpr std::string_view kMarkPrefix = "mark/";
inline constexpr std::string_view kMoneyPrefix = "money/";
inline constexpr std::string_view kGoodsPrefix = "goods/";

}  // namespace assent::simulation
