#include "simulations/profile.h"

namespace assent::simulation {
namespace {

// Of accounts, transactions, records: more are no finding, but take long.
constexpr std::int64_t kMany = 1'000'000;
constexpr std::int64_t kMillion = 1'000'000;
constexpr std::int64_t kSecondUs = 1'000'000;
// What a process waits for must be over long before heal_ms is.
constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kDayMs = 24 * 3'600'000;
constexpr std::int64_t kMostActions = 1'000'000'000'000;

}  // namespace

bool KeepsItsRetention(const Profile& profile) {
  const bool clocks_are_right = profile.clock_drift_ppm == 0 && profile.clock_jump_every_ms == 0;
  return clocks_are_right && profile.max_remembered >= Profile().max_remembered;
}

const std::vector<Knob>& Knobs() {
  static const std::vector<Knob> knobs = {
      {"seed", &Profile::seed, 0, kMostSeed},
      {"coordinators", &Profile::coordinators, 1, 3},
      {"participants", &Profile::participants, 1, 8},
      {"unary", &Profile::unary, 0, 8},
      {"initiators", &Profile::initiators, 1, 16},
      {"transactions", &Profile::transactions, 1, kMany},
      {"window", &Profile::window, 1, 1'000},
      {"log_leveldb", &Profile::log_leveldb, 0, 1},
      {"store_leveldb", &Profile::store_leveldb, 0, 1},
      {"accounts", &Profile::accounts, 1, kMany},
      {"branches", &Profile::branches, 1, 8},
      {"think_us", &Profile::think_us, 0, 5 * kSecondUs},
      {"order_ppm", &Profile::order_ppm, 0, kMillion},
      {"read_only_ppm", &Profile::read_only_ppm, 0, kMillion},
      {"enlisted_ppm", &Profile::enlisted_ppm, 0, kMillion},
      {"by_name_ppm", &Profile::by_name_ppm, 0, kMillion},
      {"abandon_ppm", &Profile::abandon_ppm, 0, kMillion},
      {"abort_ppm", &Profile::abort_ppm, 0, kMillion},
      {"ask_again_ppm", &Profile::ask_again_ppm, 0, kMillion},
      {"different_ppm", &Profile::different_ppm, 0, kMillion},
      {"decision_only_ppm", &Profile::decision_only_ppm, 0, kMillion},
      {"expect_ppm", &Profile::expect_ppm, 0, kMillion},
      {"session_ppm", &Profile::session_ppm, 0, kMillion},
      {"peek_ppm", &Profile::peek_ppm, 0, kMillion},
      {"eager_ppm", &Profile::eager_ppm, 0, kMillion},
      {"twice_ppm", &Profile::twice_ppm, 0, kMillion},
      {"between_ms", &Profile::between_ms, 0, kMinuteMs},
      {"look_back_ppm", &Profile::look_back_ppm, 0, kMillion},
      {"overload_ppm", &Profile::overload_ppm, 0, kMillion},
      {"call_timeout_ms", &Profile::call_timeout_ms, 1, kMinuteMs},
      {"max_open", &Profile::max_open, 1, kMany},
      {"max_active", &Profile::max_active, 1, kMany},
      {"max_awaited", &Profile::max_awaited, 1, kMany},
      {"transaction_timeout_ms", &Profile::transaction_timeout_ms, 50, kMinuteMs},
      {"prepare_timeout_ms", &Profile::prepare_timeout_ms, 10, kMinuteMs},
      {"retention_ms", &Profile::retention_ms, 0, kDayMs},
      {"max_remembered", &Profile::max_remembered, 0, kMany},
      {"block_lifetime_ms", &Profile::block_lifetime_ms, 1, kMinuteMs},
      {"log_batch", &Profile::log_batch, 1, kMany},
      {"delay_us", &Profile::delay_us, 0, kSecondUs},
      {"slow_ppm", &Profile::slow_ppm, 0, kMillion},
      {"slow_factor", &Profile::slow_factor, 1, 1'000},
      {"loss_ppm", &Profile::loss_ppm, 0, kMillion},
      {"duplicate_ppm", &Profile::duplicate_ppm, 0, kMillion},
      {"late_ppm", &Profile::late_ppm, 0, kMillion},
      {"reset_every_ms", &Profile::reset_every_ms, 0, kDayMs},
      {"half_open_ppm", &Profile::half_open_ppm, 0, kMillion},
      {"partition_every_ms", &Profile::partition_every_ms, 0, kDayMs},
      {"partition_ms", &Profile::partition_ms, 0, kMinuteMs},
      {"one_way_ppm", &Profile::one_way_ppm, 0, kMillion},
      {"coordinator_crash_every_ms", &Profile::coordinator_crash_every_ms, 0, kDayMs},
      {"participant_crash_every_ms", &Profile::participant_crash_every_ms, 0, kDayMs},
      {"initiator_crash_every_ms", &Profile::initiator_crash_every_ms, 0, kDayMs},
      {"down_ms", &Profile::down_ms, 0, kMinuteMs},
      {"crash_in_recovery_ppm", &Profile::crash_in_recovery_ppm, 0, kMillion},
      {"power_loss_ppm", &Profile::power_loss_ppm, 0, kMillion},
      {"crash_in_write_ppm", &Profile::crash_in_write_ppm, 0, kMillion},
      {"move_ppm", &Profile::move_ppm, 0, kMillion},
      {"rolling_every_ms", &Profile::rolling_every_ms, 0, kDayMs},
      {"pause_every_ms", &Profile::pause_every_ms, 0, kDayMs},
      {"pause_ms", &Profile::pause_ms, 0, kMinuteMs},
      {"wrong_store_every_ms", &Profile::wrong_store_every_ms, 0, kDayMs},
      {"wrong_store_ms", &Profile::wrong_store_ms, 0, kMinuteMs},
      {"outrun_ppm", &Profile::outrun_ppm, 0, kMillion},
      {"wrong_log_every_ms", &Profile::wrong_log_every_ms, 0, kDayMs},
      {"sync_us", &Profile::sync_us, 0, kSecondUs},
      {"slow_sync_ppm", &Profile::slow_sync_ppm, 0, kMillion},
      {"write_fails_every_ms", &Profile::write_fails_every_ms, 0, kDayMs},
      {"full_every_ms", &Profile::full_every_ms, 0, kDayMs},
      {"flip_every_ms", &Profile::flip_every_ms, 0, kDayMs},
      {"refuse_end_ppm", &Profile::refuse_end_ppm, 0, kMillion},
      {"out_of_order_ppm", &Profile::out_of_order_ppm, 0, kMillion},
      {"clock_drift_ppm", &Profile::clock_drift_ppm, 0, 500'000},
      {"clock_jump_every_ms", &Profile::clock_jump_every_ms, 0, kDayMs},
      {"faults_ms", &Profile::faults_ms, 0, kDayMs},
      {"heal_ms", &Profile::heal_ms, 0, kDayMs},
      {"max_actions", &Profile::max_actions, 1, kMostActions},
      {"check_every", &Profile::check_every, 1, kMany}};
  return knobs;
}

std::optional<Knob> KnobNamed(std::string_view name) {
  for (const Knob& knob : Knobs()) {
    if (name == knob.name) return knob;
  }
  return std::nullopt;
}

std::string ToText(const Profile& profile, bool only_changed) {
  const Profile defaults;
  std::string text;
  for (const Knob& knob : Knobs()) {
    const bool is_seed = knob.field == &Profile::seed;  // a file is replayed only with one
    if (only_changed && !is_seed && profile.*knob.field == defaults.*knob.field) continue;
    text += std::string(knob.name) + " = " + std::to_string(profile.*knob.field) + "\n";
  }
  return text;
}

}  // namespace assent::simulation
