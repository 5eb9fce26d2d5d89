#include "simulations/profile.h"

#include <charconv>

namespace assent::simulation {
namespace {

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

std::string ReadLine(std::string_view line, Profile* profile) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return "not of the form name = number";
  const std::string_view name = Trim(line.substr(0, equals));
  const std::string_view text = Trim(line.substr(equals + 1));
  const std::optional<Knob> knob = KnobNamed(name);
  if (!knob) return "nothing is called '" + std::string(name) + "'";
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value < 0) {
    return "'" + std::string(text) + "' is no number";
  }
  profile->*knob->field = value;
  return "";
}

}  // namespace

bool KeepsItsRetention(const Profile& profile) {
  const bool clocks_are_right = profile.clock_drift_ppm == 0 && profile.clock_jump_every_ms == 0;
  return clocks_are_right && profile.max_remembered >= Profile().max_remembered;
}

const std::vector<Knob>& Knobs() {
  static const std::vector<Knob> knobs = {
      {"seed", &Profile::seed},
      {"coordinators", &Profile::coordinators},
      {"participants", &Profile::participants},
      {"unary", &Profile::unary},
      {"initiators", &Profile::initiators},
      {"transactions", &Profile::transactions},
      {"window", &Profile::window},
      {"log_leveldb", &Profile::log_leveldb},
      {"store_leveldb", &Profile::store_leveldb},
      {"accounts", &Profile::accounts},
      {"branches", &Profile::branches},
      {"think_us", &Profile::think_us},
      {"order_ppm", &Profile::order_ppm},
      {"read_only_ppm", &Profile::read_only_ppm},
      {"enlisted_ppm", &Profile::enlisted_ppm},
      {"by_name_ppm", &Profile::by_name_ppm},
      {"abandon_ppm", &Profile::abandon_ppm},
      {"abort_ppm", &Profile::abort_ppm},
      {"ask_again_ppm", &Profile::ask_again_ppm},
      {"different_ppm", &Profile::different_ppm},
      {"decision_only_ppm", &Profile::decision_only_ppm},
      {"expect_ppm", &Profile::expect_ppm},
      {"session_ppm", &Profile::session_ppm},
      {"peek_ppm", &Profile::peek_ppm},
      {"eager_ppm", &Profile::eager_ppm},
      {"twice_ppm", &Profile::twice_ppm},
      {"between_ms", &Profile::between_ms},
      {"look_back_ppm", &Profile::look_back_ppm},
      {"overload_ppm", &Profile::overload_ppm},
      {"call_timeout_ms", &Profile::call_timeout_ms},
      {"max_open", &Profile::max_open},
      {"max_active", &Profile::max_active},
      {"transaction_timeout_ms", &Profile::transaction_timeout_ms},
      {"prepare_timeout_ms", &Profile::prepare_timeout_ms},
      {"retention_ms", &Profile::retention_ms},
      {"max_remembered", &Profile::max_remembered},
      {"block_lifetime_ms", &Profile::block_lifetime_ms},
      {"log_batch", &Profile::log_batch},
      {"delay_us", &Profile::delay_us},
      {"slow_ppm", &Profile::slow_ppm},
      {"slow_factor", &Profile::slow_factor},
      {"loss_ppm", &Profile::loss_ppm},
      {"duplicate_ppm", &Profile::duplicate_ppm},
      {"late_ppm", &Profile::late_ppm},
      {"reset_every_ms", &Profile::reset_every_ms},
      {"half_open_ppm", &Profile::half_open_ppm},
      {"partition_every_ms", &Profile::partition_every_ms},
      {"partition_ms", &Profile::partition_ms},
      {"one_way_ppm", &Profile::one_way_ppm},
      {"coordinator_crash_every_ms", &Profile::coordinator_crash_every_ms},
      {"participant_crash_every_ms", &Profile::participant_crash_every_ms},
      {"initiator_crash_every_ms", &Profile::initiator_crash_every_ms},
      {"down_ms", &Profile::down_ms},
      {"crash_in_recovery_ppm", &Profile::crash_in_recovery_ppm},
      {"power_loss_ppm", &Profile::power_loss_ppm},
      {"crash_in_write_ppm", &Profile::crash_in_write_ppm},
      {"move_ppm", &Profile::move_ppm},
      {"rolling_every_ms", &Profile::rolling_every_ms},
      {"pause_every_ms", &Profile::pause_every_ms},
      {"pause_ms", &Profile::pause_ms},
      {"wrong_store_every_ms", &Profile::wrong_store_every_ms},
      {"wrong_store_ms", &Profile::wrong_store_ms},
      {"outrun_ppm", &Profile::outrun_ppm},
      {"wrong_log_every_ms", &Profile::wrong_log_every_ms},
      {"sync_us", &Profile::sync_us},
      {"slow_sync_ppm", &Profile::slow_sync_ppm},
      {"write_fails_every_ms", &Profile::write_fails_every_ms},
      {"full_every_ms", &Profile::full_every_ms},
      {"flip_every_ms", &Profile::flip_every_ms},
      {"refuse_end_ppm", &Profile::refuse_end_ppm},
      {"out_of_order_ppm", &Profile::out_of_order_ppm},
      {"clock_drift_ppm", &Profile::clock_drift_ppm},
      {"clock_jump_every_ms", &Profile::clock_jump_every_ms},
      {"faults_ms", &Profile::faults_ms},
      {"heal_ms", &Profile::heal_ms},
      {"max_actions", &Profile::max_actions},
      {"check_every", &Profile::check_every}};
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
    if (only_changed && profile.*knob.field == defaults.*knob.field) continue;
    text += std::string(knob.name) + " = " + std::to_string(profile.*knob.field) + "\n";
  }
  return text;
}

std::string ReadProfile(std::string_view text, Profile* profile) {
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    ++number;
    line = Trim(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const std::string error = ReadLine(line, profile);
    if (!error.empty()) return "line " + std::to_string(number) + ": " + error;
  }
  return "";
}

}  // namespace assent::simulation
