#include "simulations/workload.h"

#include <algorithm>
#include <utility>

namespace assent::simulation {
namespace {

constexpr std::int64_t kFloor = -300;
// Keys of one transaction: their payload is below the limit.
constexpr std::size_t kMostProbed = 100;

int ParticipantsOf(const Profile& profile) {
  return static_cast<int>(profile.participants + profile.unary);
}

// `count` different ones.
std::vector<int> PickParticipants(int all, int count, Random* random) {
  std::vector<int> numbers;
  for (int i = 0; i < all; ++i) numbers.push_back(i);
  for (int i = 0; i < count; ++i) {
    const auto other = static_cast<std::size_t>(random->Between(i, all - 1));
    std::swap(numbers[static_cast<std::size_t>(i)], numbers[other]);
  }
  numbers.resize(static_cast<std::size_t>(count));
  return numbers;
}

std::string Key(std::string_view prefix, std::int64_t number) {
  return std::string(prefix) + std::to_string(number);
}

std::string MarkOf(const TransactionId& id) { return std::string(kMarkPrefix) + id.ToText(); }

PlannedBranch* AddBranch(const Profile& profile, int participant, Random* random, Plan* plan) {
  PlannedBranch branch;
  branch.participant = participant;
  branch.by_call = participant < profile.participants && random->Chance(profile.enlisted_ppm);
  plan->branches.push_back(std::move(branch));
  return &plan->branches.back();
}

// Money goes from the first branch to all others.
Plan DrawTransfer(const Profile& profile, Random* random) {
  Plan plan;
  const int all = ParticipantsOf(profile);
  const auto most = std::min<std::int64_t>(profile.branches, all);
  const int count = static_cast<int>(random->Between(std::min<std::int64_t>(2, most), most));
  const std::int64_t amount = random->Between(1, 20);
  std::int64_t writers = 0;
  for (const int participant : PickParticipants(all, count, random)) {
    PlannedBranch* branch = AddBranch(profile, participant, random, &plan);
    branch->writes = !random->Chance(profile.read_only_ppm);
    const std::string key = Key(kMoneyPrefix, random->Below(profile.accounts));
    if (branch->writes) {
      branch->operations.Add(key, writers == 0 ? -amount : amount, kFloor);
      ++writers;
    } else {
      branch->operations.Read(key);
    }
  }
  if (writers == 0 || writers == 2) return plan;
  // What the first writer gives is what the others get.
  for (PlannedBranch& branch : plan.branches) {
    if (!branch.writes) continue;
    branch.operations.Add(Key(kMoneyPrefix, profile.accounts), amount * (2 - writers));
    break;
  }
  return plan;
}

// One branch each at the stock, the wallet and the orders' service.
Plan DrawOrder(const Profile& profile, Random* random) {
  Plan plan;
  const std::vector<int> roles = PickParticipants(ParticipantsOf(profile), 3, random);
  const std::int64_t item = random->Below(profile.accounts);
  const std::int64_t price = random->Between(1, 20);
  for (std::size_t role = 0; role < roles.size(); ++role) {
    PlannedBranch* branch = AddBranch(profile, roles[role], random, &plan);
    branch->writes = true;
    if (role == 0) branch->operations.Add(Key(kGoodsPrefix, item), -1, kFloor);
    if (role == 1) {
      branch->operations.Add(Key(kMoneyPrefix, random->Below(profile.accounts)), -price, kFloor);
    }
    if (role == 2) {
      branch->operations.Add(Key(kGoodsPrefix, profile.accounts), 1);
      branch->operations.Add(Key(kMoneyPrefix, profile.accounts), price);
    }
  }
  return plan;
}

Plan EmptyProbe(int participant) {
  PlannedBranch branch;
  branch.participant = participant;
  branch.writes = true;
  return Plan{{std::move(branch)}};
}

}  // namespace

std::string PlannedBranch::Encode(const TransactionId& id) const {
  if (!writes) return operations.Encode();
  Operations marked = operations;
  marked.Add(MarkOf(id), 1);
  return marked.Encode();
}

std::string PlannedBranch::EncodeMark(const TransactionId& id) {
  return Operations().Add(MarkOf(id), 1).Encode();
}

ParticipantMask Plan::writers() const {
  ParticipantMask mask = 0;
  for (const PlannedBranch& branch : branches) {
    if (branch.writes) mask |= BitOf(branch.participant);
  }
  return mask;
}

ParticipantMask Plan::writing_calls() const {
  ParticipantMask mask = 0;
  for (const PlannedBranch& branch : branches) {
    if (branch.writes && branch.by_call) mask |= BitOf(branch.participant);
  }
  return mask;
}

void Plan::MoveNothing() {
  for (PlannedBranch& branch : branches) {
    if (!branch.writes) continue;
    const std::string key = branch.operations.list().front().key;
    branch.operations = Operations().Add(key, 0);
  }
}

Plan DrawPlan(const Profile& profile, Random* random) {
  const bool order =
      ParticipantsOf(profile) >= 3 && profile.branches >= 3 && random->Chance(profile.order_ppm);
  return order ? DrawOrder(profile, random) : DrawTransfer(profile, random);
}

Plan LookPlan(const TransactionId& id, int participant) {
  PlannedBranch branch;
  branch.participant = participant;
  branch.by_call = true;
  branch.operations.Read(MarkOf(id));
  return Plan{{std::move(branch)}};
}

Plan SmallPlan(int participant) {
  PlannedBranch branch;
  branch.participant = participant;
  branch.writes = true;
  branch.operations.Add(Key(kMoneyPrefix, 0), 0);
  return Plan{{std::move(branch)}};
}

std::vector<Plan> ProbePlans(int participant, const std::set<std::string>& keys) {
  std::vector<Plan> plans;
  for (const std::string& key : keys) {
    const bool is_full =
        plans.empty() || plans.back().branches[0].operations.list().size() >= kMostProbed;
    if (is_full) plans.push_back(EmptyProbe(participant));
    plans.back().branches[0].operations.Add(key, 0);
  }
  return plans;
}

}  // namespace assent::simulation
