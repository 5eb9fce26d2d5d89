#include "tools/bench/report.h"

#include <cmath>
#include <cstdio>

#include "tools/bench/supervisor.h"

namespace assent::bench {
namespace {

// Short, and exact enough: six digits.
std::string Number(double value) {
  if (!std::isfinite(value)) return "null";
  char text[32];
  const bool whole = value == std::floor(value) && std::fabs(value) < 1e15;
  std::snprintf(text, sizeof(text), whole ? "%.0f" : "%.6g", value);
  return text;
}

void AddField(const std::string& name, const std::string& value, std::string* json) {
  *json += (json->size() > 1 ? ",\"" : "\"") + name + "\":" + value;
}

double Ratio(double value, double floor) { return floor > 0 ? value / floor : std::nan(""); }

double MedianOf(const std::vector<Figures>& runs, const std::string& name) {
  for (const Spread& spread : SpreadsOf(runs)) {
    if (spread.name == name) return spread.median;
  }
  return 0;
}

// Scenarios that are no load have figures of their own.
bool IsLoad(const Line& line) {
  for (const auto& figure : line.runs.front().list()) {
    if (figure.first == "p50_us") return true;
  }
  return false;
}

void AddFloor(const Line& line, std::string* json) {
  const double rate = MedianOf(line.floor, "transactions_per_second");
  const double p50 = MedianOf(line.floor, "p50_us");
  AddField("floor_ratio", Number(Ratio(MedianOf(line.runs, "transactions_per_second"), rate)),
           json);
  AddField("floor", line.floor.empty() ? "null" : "\"" + line.floor_name + "\"", json);
  if (line.floor.empty()) return;
  AddField("floor_p50_ratio", Number(Ratio(MedianOf(line.runs, "p50_us"), p50)), json);
  AddField("floor_transactions_per_second", Number(rate), json);
  AddField("floor_p50_us", Number(p50), json);
  AddField("floor_p99_us", Number(MedianOf(line.floor, "p99_us")), json);
  for (const std::string name : {"cpu_us_per_transaction", "syncs_per_transaction"}) {
    AddField("floor_" + name, Number(MedianOf(line.floor, name)), json);
  }
}

std::string JsonOf(const Line& line) {
  std::string json = "{";
  AddField("scenario", "\"" + line.scenario + "\"", &json);
  for (const auto& label : line.labels) AddField(label.first, Number(label.second), &json);
  for (const Spread& spread : SpreadsOf(line.runs)) {
    AddField(spread.name, Number(spread.median), &json);
    if (line.runs.size() == 1) continue;
    AddField(spread.name + "_min", Number(spread.min), &json);
    AddField(spread.name + "_max", Number(spread.max), &json);
  }
  if (IsLoad(line)) AddFloor(line, &json);
  AddField("runs", std::to_string(line.runs.size()), &json);
  AddField("disturbed_runs", std::to_string(line.disturbed), &json);
  AddField("repeated_runs", std::to_string(line.repeated), &json);
  return json + "}";
}

struct Column {
  const char* title;
  const char* figure;
};

constexpr Column kColumns[] = {
    {"transact./s", "transactions_per_second"},
    {"p50 us", "p50_us"},
    {"p99 us", "p99_us"},
    {"cpu us", "cpu_us_per_transaction"},
    {"coordin.", "coordinator_cpu_us"},
    {"particip.", "participants_cpu_us"},
    {"initiat.", "initiator_cpu_us"},
    {"syncs", "syncs_per_transaction"},
    {"frames", "frames_per_transaction"},
    {"log bytes", "log_bytes_per_transaction"},
    {"foreign", "foreign_cpus"},
};

std::string LabelOf(const Line& line) {
  std::string text;
  for (const auto& label : line.labels) {
    text += (text.empty() ? "" : " ") + label.first + "=" + Number(label.second);
  }
  return text;
}

void PrintList(const Line& line) {
  std::printf("  %s\n", LabelOf(line).c_str());
  for (const Spread& spread : SpreadsOf(line.runs)) {
    std::printf("    %-34s %14s  (%s to %s)\n", spread.name.c_str(), Number(spread.median).c_str(),
                Number(spread.min).c_str(), Number(spread.max).c_str());
  }
}

void PrintRow(const Line& line) {
  std::printf("  %-34s", LabelOf(line).c_str());
  for (const Column& column : kColumns) {
    std::printf(" %11.*f", MedianOf(line.runs, column.figure) < 100 ? 2 : 0,
                MedianOf(line.runs, column.figure));
  }
  const double floor = MedianOf(line.floor, "transactions_per_second");
  if (floor > 0) {
    std::printf("   %.2f of the floor of %s (p50 %.2f)",
                MedianOf(line.runs, "transactions_per_second") / floor, line.floor_name.c_str(),
                Ratio(MedianOf(line.runs, "p50_us"), MedianOf(line.floor, "p50_us")));
  }
  if (line.disturbed > 0) std::printf("   %zu disturbed", line.disturbed);
  if (line.repeated > 0) std::printf("   %zu repeated", line.repeated);
  std::printf("\n");
}

void PrintTitles(const std::string& scenario) {
  std::printf("%s\n  %-34s", scenario.c_str(), "");
  for (const Column& column : kColumns) std::printf(" %11s", column.title);
  std::printf("\n");
}

}  // namespace

void Report::Add(const Line& line) {
  if (line.runs.empty()) return;
  Supervisor::Get().Check();  // no figures of a run without one of its parts
  if (json_) {
    std::printf("%s\n", JsonOf(line).c_str());
  } else if (!IsLoad(line)) {
    std::printf("%s\n", line.scenario.c_str());
    PrintList(line);
  } else {
    if (line.scenario != last_scenario_) PrintTitles(line.scenario);
    PrintRow(line);
  }
  last_scenario_ = line.scenario;
  std::fflush(stdout);
}

void Report::Say(const std::string& text) const {
  std::fprintf(stderr, "assent-bench: %s\n", text.c_str());
}

}  // namespace assent::bench
