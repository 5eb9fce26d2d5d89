#include "simulations/shrink.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "simulations/print.h"
#include "simulations/wall_clock.h"
#include "simulations/worker.h"

namespace assent::simulation {
namespace {

// Knobs that make a world simpler, and what they become.
struct Simpler {
  const char* name;
  std::int64_t value;
};

constexpr Simpler kSimpler[] = {{"coordinators", 1},
                                {"unary", 0},
                                {"participants", 2},
                                {"initiators", 1},
                                {"window", 1},
                                {"log_leveldb", 0},
                                {"store_leveldb", 0},
                                {"branches", 2},
                                {"order_ppm", 0},
                                {"read_only_ppm", 0},
                                {"enlisted_ppm", 0},
                                {"abandon_ppm", 0},
                                {"abort_ppm", 0},
                                {"ask_again_ppm", 0},
                                {"different_ppm", 0},
                                {"decision_only_ppm", 0},
                                {"expect_ppm", 0},
                                {"peek_ppm", 0},
                                {"eager_ppm", 0},
                                {"twice_ppm", 0},
                                {"between_ms", 0},
                                {"look_back_ppm", 0},
                                {"overload_ppm", 0},
                                {"slow_ppm", 0},
                                {"loss_ppm", 0},
                                {"duplicate_ppm", 0},
                                {"late_ppm", 0},
                                {"reset_every_ms", 0},
                                {"half_open_ppm", 0},
                                {"partition_every_ms", 0},
                                {"coordinator_crash_every_ms", 0},
                                {"participant_crash_every_ms", 0},
                                {"initiator_crash_every_ms", 0},
                                {"crash_in_recovery_ppm", 0},
                                {"power_loss_ppm", 0},
                                {"crash_in_write_ppm", 0},
                                {"move_ppm", 0},
                                {"rolling_every_ms", 0},
                                {"pause_every_ms", 0},
                                {"wrong_store_every_ms", 0},
                                {"outrun_ppm", 0},
                                {"wrong_log_every_ms", 0},
                                {"slow_sync_ppm", 0},
                                {"write_fails_every_ms", 0},
                                {"full_every_ms", 0},
                                {"flip_every_ms", 0},
                                {"refuse_end_ppm", 0},
                                {"out_of_order_ppm", 0},
                                {"clock_drift_ppm", 0},
                                {"clock_jump_every_ms", 0}};

// Smaller worlds that are tried with other seeds, too: a change of the profile changes all chance.
constexpr int kSeedsPerStep = 12;

class Shrinker {
 public:
  Shrinker(const WorldReport& failed, const ShrinkBounds& bounds)
      : failed_(failed), bounds_(bounds), deadline_(WallSeconds() + bounds.seconds) {}

  // Sets `found` to `smaller`, with some seed, if that world ends alike.
  bool Try(Profile smaller, Profile* found) {
    for (int i = 0; i < kSeedsPerStep && !IsOver(); ++i, ++smaller.seed) {
      const WorldReport report = RunIsolated(smaller);
      ++worlds_;
      if (report.exit_code != failed_.exit_code || report.promise != failed_.promise) continue;
      *found = smaller;
      return true;
    }
    return false;
  }

 private:
  bool IsOver() const {
    return worlds_ >= bounds_.worlds || WallSeconds() >= deadline_ || bounds_.stop();
  }

  const WorldReport failed_;
  const ShrinkBounds bounds_;
  const double deadline_;
  std::uint64_t worlds_ = 0;
};

// A file that is not there yet, or has this text already.
std::string FreeName(std::uint64_t seed, const std::string& text) {
  const std::string begin = "assent-sim-" + std::to_string(seed);
  std::string name = begin + ".toml";
  for (int number = 2;; ++number) {
    std::ifstream file(name, std::ios::binary);
    if (!file) return name;
    const std::string there((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    if (there == text) return name;
    name = begin + "-" + std::to_string(number) + ".toml";
  }
}

// "# P5: what contradicts what", and the numbers.
std::string FileText(const WorldReport& report, const Profile& profile) {
  return "# " + report.promise + ": " + report.text + "\n" + ToText(profile, /*only_changed=*/true);
}

}  // namespace

WorldReport MakeSmaller(const WorldReport& failed, const ShrinkBounds& bounds, Profile* profile) {
  Shrinker shrinker(failed, bounds);
  for (std::int64_t halves = 0; halves < 8 && profile->transactions > 1; ++halves) {
    Profile smaller = *profile;
    smaller.transactions = profile->transactions / 2;
    if (!shrinker.Try(smaller, profile)) break;
  }
  for (const Simpler& simpler : kSimpler) {
    const Knob knob = KnobNamed(simpler.name).value();
    if (profile->*knob.field <= simpler.value) continue;
    Profile smaller = *profile;
    smaller.*knob.field = simpler.value;
    shrinker.Try(smaller, profile);
  }
  return RunIsolated(*profile);
}

int Shrink(Profile profile) {
  const WorldReport first = RunIsolated(profile);
  if (first.exit_code == kExitHeld) {
    std::printf("this world keeps all promises; there is nothing to shrink\n");
    return kExitHeld;
  }
  const WorldReport last = MakeSmaller(first, ShrinkBounds(), &profile);
  std::printf("%s", FileText(last, profile).c_str());
  return last.exit_code;
}

void PrintShrunk(const RunOptions& options, const WorldReport& failed,
                 const std::function<bool()>& stop) {
  Profile profile;
  MakeProfile(options, failed.seed, &profile);
  const WorldReport last = MakeSmaller(failed, ShrinkBounds{200, 60, stop}, &profile);
  const std::string text = FileText(last, profile);
  const std::string name = FreeName(failed.seed, text);
  std::ofstream file(name);
  file << text << std::flush;
  if (!file) {
    std::fprintf(stderr, "assent-sim: cannot write %s here; assent-sim shrink prints it\n",
                 name.c_str());
    return;
  }
  const std::string command = "assent-sim replay " + name;
  if (options.json) {
    std::printf("{\"shrunk_from\":%llu,\"promise\":%s,\"text\":%s,\"replay\":%s}\n",
                static_cast<unsigned long long>(failed.seed), JsonString(last.promise).c_str(),
                JsonString(last.text).c_str(), JsonString(command).c_str());
  } else {
    std::printf("a smaller world that breaks the same: %s: %s\n  replay: %s\n",
                last.promise.c_str(), last.text.c_str(), command.c_str());
  }
}

}  // namespace assent::simulation
