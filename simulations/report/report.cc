#include "simulations/report/report.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "simulations/print.h"
#include "simulations/promises.h"
#include "simulations/report/build_id.h"
#include "simulations/report/event_table.h"
#include "simulations/report/json.h"
#include "simulations/report/page_text.h"

namespace assent::simulation {
namespace {

const char* NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHeld:
      return "held";
    case Verdict::kViolated:
      return "violated";
    case Verdict::kUnfinished:
      return "unfinished";
  }
  return "";
}

std::string Hex(std::uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

// A violation's text says two things that cannot both be so: "this, but that".
void WriteFacts(const std::string& text, JsonWriter* json) {
  constexpr std::string_view kBut = ", but ";
  json->Key("facts");
  json->BeginArray();
  const std::size_t but = text.find(kBut);
  json->String(text.substr(0, but));
  if (but != std::string::npos) json->String(text.substr(but + kBut.size()));
  json->EndArray();
}

void WriteVerdict(const WorldResult& result, JsonWriter* json) {
  json->Member("verdict", NameOf(result.verdict));
  if (result.verdict == Verdict::kUnfinished) WriteFacts(result.unfinished, json);
  if (!result.violation) return;
  json->Member("promise", result.violation->promise);
  json->Member("promiseInWords", PromiseInWords(result.violation->promise));
  WriteFacts(result.violation->text, json);
}

void WriteProfile(const Profile& profile, JsonWriter* json) {
  const Profile usual;
  json->Key("profile");
  json->BeginArray();
  for (const Knob& knob : Knobs()) {
    if (profile.*knob.field == usual.*knob.field) continue;
    json->BeginArray();
    json->String(knob.name);
    json->Number(profile.*knob.field);
    json->Number(usual.*knob.field);
    json->EndArray();
  }
  json->EndArray();
}

void WriteLane(const std::string& name, const char* kind, JsonWriter* json) {
  json->BeginArray();
  json->String(name);
  json->String(kind);
  json->EndArray();
}

void WriteLanes(const Profile& profile, JsonWriter* json) {
  json->Key("lanes");
  json->BeginArray();
  for (std::int64_t i = 1; i <= profile.initiators; ++i) {
    WriteLane("initiator-" + std::to_string(i), "initiator", json);
  }
  for (std::int64_t i = 1; i <= profile.coordinators; ++i) {
    WriteLane("c" + std::to_string(i), "coordinator", json);
  }
  for (std::int64_t i = 0; i < profile.participants + profile.unary; ++i) {
    WriteLane(NameOfParticipant(static_cast<int>(i)),
              i < profile.participants ? "participant" : "unary", json);
  }
  json->EndArray();
}

template <class Names, class Counts>
void WriteCounts(const char* member, const Names& names, const Counts& counts, JsonWriter* json) {
  json->Key(member);
  json->BeginArray();
  for (const auto& name : names) {
    json->BeginArray();
    json->String(name.name);
    json->Number(counts.*name.count);
    json->EndArray();
  }
  json->EndArray();
}

// Of a world or of a run's sums.
template <class Sums>
void WriteAllCounts(const Sums& sums, JsonWriter* json) {
  WriteCounts("outcomes", OutcomeCountNames(), sums.outcomes, json);
  WriteCounts("faults", FaultCountNames(), sums.faults, json);
  WriteCounts("network", NetworkCountNames(), sums.network, json);
}

void WriteRun(const RunSummary& run, JsonWriter* json) {
  json->Key("run");
  json->BeginObject();
  json->Member("command", run.command);
  json->Member("worlds", run.totals.worlds);
  json->Member("passed", run.totals.passed);
  json->Member("failed", run.totals.failed);
  json->Member("virtualMicros", run.totals.virtual_micros);
  json->Member("digest", Hex(run.totals.digest));
  WriteAllCounts(run.totals, json);
  json->Key("failures");
  json->BeginArray();
  for (const WorldReport& world : run.failed) {
    json->BeginObject();
    json->Member("seed", std::to_string(world.seed));
    json->Member("promise", world.promise);
    json->Member("text", world.text);
    json->EndObject();
  }
  json->EndArray();
  json->EndObject();
}

void WriteTexts(const char* member, const std::vector<std::string>& texts, JsonWriter* json) {
  json->Key(member);
  json->BeginArray();
  for (const std::string& text : texts) json->String(text);
  json->EndArray();
}

void WriteTable(const ReportTable& table, JsonWriter* json) {
  json->BeginObject();
  json->Member("title", table.title);
  json->Member("text", table.text);
  WriteTexts("rows", table.rows, json);
  WriteTexts("columns", table.columns, json);
  json->Key("counts");
  json->BeginArray();
  for (const std::vector<std::int64_t>& row : table.counts) {
    json->BeginArray();
    for (const std::int64_t count : row) json->Number(count);
    json->EndArray();
  }
  json->EndArray();
  json->Key("reasons");
  json->BeginArray();
  for (const auto& [cell, reason] : table.reasons) {
    json->BeginArray();
    json->Number(std::uint64_t{cell.first});
    json->Number(std::uint64_t{cell.second});
    json->String(reason);
    json->EndArray();
  }
  json->EndArray();
  json->EndObject();
}

std::string DataOf(const Report& report) {
  const WorldResult& result = report.result;
  JsonWriter json;
  json.BeginObject();
  WriteVerdict(result, &json);
  json.Member("seed", std::to_string(report.profile.seed));
  json.Member("build", BuildId());
  json.Member("digest", Hex(result.digest));
  json.Member("replay", report.replay);
  json.Member("knownBug", report.known_bug);
  json.Member("virtualMicros", result.virtual_time.micros);
  json.Member("actions", static_cast<std::int64_t>(result.actions));
  WriteProfile(report.profile, &json);
  WriteLanes(report.profile, &json);
  WriteAllCounts(result, &json);
  WriteEvents(result.events, kMostEventsShown, &json);
  if (report.run) WriteRun(*report.run, &json);
  json.Key("tables");
  json.BeginArray();
  for (const ReportTable& table : report.tables) WriteTable(table, &json);
  json.EndArray();
  json.EndObject();
  return json.text();
}

// Puts `text` in the place of `mark`, which is there once.
void PutIn(std::string_view mark, std::string_view text, std::string* page) {
  page->replace(page->find(mark), mark.size(), text);
}

}  // namespace

std::string MakePage(const Report& report) {
  std::string page(kPageHtml);
  PutIn("/*css*/", kPageCss, &page);
  PutIn("/*js*/", kPageJs, &page);
  PutIn("/*data*/", DataOf(report), &page);
  return page;
}

std::string WhyNotWritable(const std::string& file) {
  const bool was_there = access(file.c_str(), F_OK) == 0;
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return "cannot write " + file + ": " + std::strerror(errno);
  close(fd);
  if (!was_there) unlink(file.c_str());
  return "";
}

std::string WriteReport(const std::string& file, const Report& report) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << MakePage(report);
  stream.close();
  if (stream) return "";
  return "cannot write " + file + ": " + std::strerror(errno);
}

}  // namespace assent::simulation
