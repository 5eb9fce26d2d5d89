#include "simulations/report/event_table.h"

#include <cstdint>
#include <string>
#include <unordered_map>

namespace assent::simulation {
namespace {

// Numbers texts in the order in which they first come.
class Index {
 public:
  std::int64_t Of(const std::string& text) {
    const auto [entry, is_new] =
        numbers_.try_emplace(text, static_cast<std::int64_t>(texts_.size()));
    if (is_new) texts_.push_back(text);
    return entry->second;
  }
  void Write(JsonWriter* json) const {
    json->BeginArray();
    for (const std::string& text : texts_) json->String(text);
    json->EndArray();
  }

 private:
  std::unordered_map<std::string, std::int64_t> numbers_;
  std::vector<std::string> texts_;
};

struct Tables {
  Index texts;
  Index ids;
};

void WriteRow(const Event& event, Time before, Tables* tables, JsonWriter* json) {
  std::vector<std::int64_t> row = {
      event.at.micros - before.micros,
      static_cast<std::int64_t>(event.kind),
      tables->texts.Of(event.who),
      tables->texts.Of(event.what),
      static_cast<std::int64_t>(event.message),
      tables->texts.Of(event.peer),
      tables->texts.Of(event.content),
      tables->texts.Of(event.fault == nullptr ? "" : event.fault),
      event.until.micros,
  };
  for (const TransactionId& id : event.about) row.push_back(tables->ids.Of(id.ToText()));
  constexpr std::size_t kAlways = 4;
  while (event.about.empty() && row.size() > kAlways && row.back() == 0) row.pop_back();
  json->BeginArray();
  for (const std::int64_t number : row) json->Number(number);
  json->EndArray();
}

}  // namespace

void WriteEvents(const std::vector<Event>& events, std::size_t most, JsonWriter* json) {
  const std::size_t first = events.size() > most ? events.size() - most : 0;
  Tables tables;
  tables.texts.Of("");
  Time before;
  json->Key("rows");
  json->BeginArray();
  for (std::size_t i = first; i < events.size(); ++i) {
    WriteRow(events[i], before, &tables, json);
    before = events[i].at;
  }
  json->EndArray();
  json->Key("texts");
  tables.texts.Write(json);
  json->Key("ids");
  tables.ids.Write(json);
  json->Key("kinds");
  json->BeginArray();
  for (int kind = 0; kind <= static_cast<int>(EventKind::kViolation); ++kind) {
    json->String(NameOf(static_cast<EventKind>(kind)));
  }
  json->EndArray();
  json->Member("dropped", static_cast<std::int64_t>(first));
}

}  // namespace assent::simulation
