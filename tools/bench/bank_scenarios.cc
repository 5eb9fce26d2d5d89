#include "tools/bench/bank_scenarios.h"

#include <array>
#include <memory>

#include "participant/key_value_store_operations.h"
#include "tools/bench/floor_rig.h"
#include "tools/bench/payload_rig.h"
#include "tools/bench/small_bank.h"

namespace assent::bench {
namespace {

constexpr int kStores = 2;

void AddTo(const BankOperation& operation, Operations* operations) {
  if (operation.change == 0) {
    operations->Read(operation.account);
  } else {
    operations->Add(operation.account, operation.change, SmallBank::kFloor);
  }
}

class BankRig final : public PayloadRig {
 public:
  BankRig() : PayloadRig(kStores) {}

 protected:
  std::vector<BranchWork> NextWork(int) override {
    std::array<Operations, kStores> operations;
    std::array<std::int64_t, kStores> changes = {};
    for (const BankOperation& operation : bank_.Next()) {
      AddTo(operation, &operations[operation.store]);
      changes[operation.store] += operation.change;
    }
    std::vector<BranchWork> work;
    for (std::size_t store = 0; store < kStores; ++store) {
      if (operations[store].list().empty()) continue;
      work.push_back({store, operations[store].Encode(), changes[store]});
    }
    return work;
  }

 private:
  SmallBank bank_{1};
};

}  // namespace

std::unique_ptr<Rig> MakeBank() { return std::make_unique<BankRig>(); }

std::vector<Scenario> BankScenarios() {
  const auto loads = [](const Settings&, Report*) {
    LoadCase load_case;
    load_case.labels = {{"participants", kStores}};
    load_case.rig = MakeBank;
    load_case.floor = FloorOf({kStores});
    load_case.floor_name = "pair";
    return std::vector<LoadCase>{load_case};
  };
  return {LoadScenario(
      "kv", "SmallBank over two key-value stores, Zipfian customers; commits count", loads)};
}

}  // namespace assent::bench
