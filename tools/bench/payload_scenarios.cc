#include "tools/bench/payload_scenarios.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "participant/key_value_store_operations.h"
#include "tools/bench/floor_rig.h"
#include "tools/bench/initiator.h"
#include "tools/bench/payload_rig.h"

namespace assent::bench {
namespace {

// Every branch does the same work, on a key that no other transaction in flight uses.
class SameWorkRig : public PayloadRig {
 public:
  using PayloadRig::PayloadRig;

 protected:
  // A branch's payload, and by how much it changes the sum.
  virtual std::pair<std::string, std::int64_t> WorkOn(int slot) const = 0;

  std::vector<BranchWork> NextWork(int slot) override {
    const auto [payload, change] = WorkOn(slot);
    std::vector<BranchWork> work;
    for (int i = 0; i < participants(); ++i) {
      work.push_back({static_cast<std::size_t>(i), payload, change});
    }
    return work;
  }
};

class AddingRig : public SameWorkRig {
 public:
  using SameWorkRig::SameWorkRig;

 protected:
  std::pair<std::string, std::int64_t> WorkOn(int slot) const override {
    return {AddingPayload(slot), 1};
  }
};

class ReadingRig final : public SameWorkRig {
 public:
  using SameWorkRig::SameWorkRig;

 protected:
  std::pair<std::string, std::int64_t> WorkOn(int slot) const override {
    return {Operations().Read("slot-" + std::to_string(slot)).Encode(), 0};
  }
};

// As AddingRig, but now and then one branch has to vote no.
class AbortingRig final : public AddingRig {
 public:
  AbortingRig(int participants, double no_percent)
      : AddingRig(participants), no_part_(no_percent / 100) {}

 protected:
  // A key of its own for each: an abort is not waited for, and its locks may outlive it a little.
  std::vector<BranchWork> NextWork(int) override {
    std::vector<BranchWork> work = AddingRig::NextWork(next_key_);
    next_key_ = (next_key_ + 1) % kKeys;
    owed_ += no_part_;
    if (owed_ >= 1) {
      owed_ -= 1;
      // Below its floor, whatever is there.
      work.back().payload = Operations().Add("never", -1, 0).Encode();
    }
    return work;
  }

 private:
  static constexpr int kKeys = 200'000;  // more than are ever in flight

  const double no_part_;
  double owed_ = 0;
  int next_key_ = 0;
};

template <class R>
std::vector<LoadCase> CaseOf(int participants) {
  LoadCase load_case;
  load_case.labels = {{"participants", participants}};
  load_case.rig = [participants] { return std::make_unique<R>(participants); };
  load_case.floor = FloorOf({participants});
  return {load_case};
}

template <class R>
Scenario Simple(const char* name, const char* about, int participants) {
  return LoadScenario(name, about,
                      [participants](const Settings&, Report*) { return CaseOf<R>(participants); });
}

std::vector<LoadCase> Reads(const Settings&, Report*) {
  LoadCase load_case = CaseOf<ReadingRig>(2).front();
  load_case.floor = FloorOf({2, LinkStyle::kStream, LinkStyle::kStream, true});
  return {load_case};
}

std::vector<LoadCase> Fans(const Settings& settings, Report*) {
  std::vector<LoadCase> cases;
  for (const int participants : settings.participants) {
    cases.push_back(CaseOf<AddingRig>(participants).front());
  }
  return cases;
}

std::vector<LoadCase> Aborts(const Settings&, Report*) {
  std::vector<LoadCase> cases;
  for (const double no_percent : {0.0, 1.0, 10.0}) {
    LoadCase load_case = CaseOf<AddingRig>(2).front();
    load_case.floor_name = "pair";
    load_case.labels.emplace_back("no_percent", no_percent);
    load_case.rig = [no_percent] { return std::make_unique<AbortingRig>(2, no_percent); };
    cases.push_back(load_case);
  }
  return cases;
}

}  // namespace

std::unique_ptr<Rig> MakePair() { return std::make_unique<AddingRig>(2); }

std::vector<Scenario> PayloadScenarios() {
  return {
      Simple<AddingRig>("empty", "begin and commit, no branch", 0),
      Simple<AddingRig>("single", "one participant, by payload", 1),
      Simple<AddingRig>("pair", "two participants, by payload", 2),
      LoadScenario("readonly", "two participants that only read", Reads),
      LoadScenario("fan", "1 to 32 participants, by payload (--participants)", Fans),
      LoadScenario("abort", "two participants, of which one votes no in 0, 1, 10 % of all", Aborts),
  };
}

}  // namespace assent::bench
