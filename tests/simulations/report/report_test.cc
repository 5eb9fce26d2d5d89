// The page as text: what may be in it and what not. tests/simulations/report/page_test.py looks at
// it in a browser.
#include "simulations/report/report.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "simulations/promises.h"
#include "simulations/report/build_id.h"
#include "simulations/report/event_table.h"
#include "simulations/report/json.h"
#include "simulations/report/page_text.h"

namespace assent::simulation {
namespace {

std::string Json(std::string_view text) {
  JsonWriter json;
  json.String(text);
  return json.text();
}

std::size_t CountOf(std::string_view what, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

TEST(JsonWriter, EscapesWhatEndsAStringOrAScript) {
  EXPECT_EQ(Json("</script><!--"), "\"\\u003c/script>\\u003c!--\"");
  EXPECT_EQ(Json("a\"b\\c\nd\x7f"), "\"a\\\"b\\\\c\\u000ad\\u007f\"");
  EXPECT_EQ(Json("\u00d7\u2014"), "\"\u00d7\u2014\"");
}

TEST(JsonWriter, PutsAQuestionMarkForBytesThatAreNoText) {
  EXPECT_EQ(Json(std::string("\xff\x00z", 3)), "\"?\\u0000z\"");
}

TEST(JsonWriter, SeparatesMembersAndElements) {
  JsonWriter json;
  json.BeginObject();
  json.Member("a", std::int64_t{-1});
  json.Key("b");
  json.BeginArray();
  json.Number(std::uint64_t{1});
  json.BeginArray();
  json.EndArray();
  json.String("x");
  json.EndArray();
  json.Member("c", "d");
  json.EndObject();
  EXPECT_EQ(json.text(), R"({"a":-1,"b":[1,[],"x"],"c":"d"})");
}

// ---------------------------------------------------------------------------------------------

std::string TableOf(const std::vector<Event>& events, std::size_t most) {
  JsonWriter json;
  json.BeginObject();
  WriteEvents(events, most, &json);
  json.EndObject();
  return json.text();
}

TEST(EventTable, WritesEachTextOnceAndLeavesOutWhatIsNothing) {
  const TransactionId id = *TransactionId::Parse("c1-1-7");
  const Event decide{Time{5}, EventKind::kDecide, "c1", "decides", {id}};
  const Event crash{Time{9}, EventKind::kCrash, "c1", "is killed"};
  const std::string table = TableOf({decide, crash}, 10);
  EXPECT_TRUE(table.starts_with(
      R"({"rows":[[5,5,1,2,0,0,0,0,0,0],[4,2,1,3]],"texts":["","c1","decides","is killed"],)"
      R"("ids":["c1-1-7"],"kinds":["start",)"))
      << table;
  EXPECT_TRUE(table.ends_with(R"("dropped":0})")) << table;
}

TEST(EventTable, KeepsTheEndOfALongWorldAndSaysHowMuchIsCut) {
  std::vector<Event> events(10, Event{Time{3}, EventKind::kHeal, "", "early"});
  events.push_back(Event{Time{8}, EventKind::kHeal, "", "late"});
  const std::string table = TableOf(events, 2);
  EXPECT_TRUE(table.starts_with(R"({"rows":[[3,21,0,1],[5,21,0,2]],"texts":["","early","late"])"))
      << table;
  EXPECT_TRUE(table.ends_with(R"("dropped":9})")) << table;
}

// ---------------------------------------------------------------------------------------------

Report BrokenWorld(const std::string& text) {
  Report report;
  report.replay = "assent-sim replay 1";
  report.result.verdict = Verdict::kViolated;
  report.result.violation = Violation{"P1", text};
  return report;
}

TEST(Page, HoldsNoAddressOfAnotherPlace) {
  const std::string page = MakePage(BrokenWorld("this, but that"));
  EXPECT_EQ(CountOf("http:", page) + CountOf("https:", page), 0u);
  EXPECT_EQ(CountOf(" src=", page) + CountOf("@import", page) + CountOf("url(//", page), 0u);
}

TEST(Page, StaysWholeWhateverATextHolds) {
  const std::string page = MakePage(BrokenWorld("</script><script>/*js*/ /*css*/ /*data*/"));
  EXPECT_EQ(CountOf("</script>", page), CountOf("</script>", kPageHtml));
  EXPECT_NE(page.find(std::string(kPageJs)), std::string::npos);
  EXPECT_NE(page.find("\\u003c/script>\\u003cscript>/*js*/ /*css*/ /*data*/"), std::string::npos);
}

TEST(Page, TellsTheTwoFactsThatContradictEachOther) {
  const std::string page = MakePage(BrokenWorld("p1 did, but p2 did not, but still"));
  EXPECT_NE(page.find(R"("facts":["p1 did","p2 did not, but still"])"), std::string::npos);
  EXPECT_NE(page.find("Atomic: no participant commits"), std::string::npos);
}

TEST(Page, ShowsTablesWithReasonsForTheirEmptyCells) {
  Report report = BrokenWorld("x");
  ReportTable table;
  table.title = "Crashes";
  table.rows = {"kill"};
  table.columns = {"ACTIVE", "DECIDING"};
  table.counts = {{3, 0}};
  table.reasons = {{{0, 1}, "never"}};
  report.tables.push_back(table);
  EXPECT_NE(MakePage(report).find(R"("tables":[{"title":"Crashes","text":"","rows":["kill"],)"
                                  R"("columns":["ACTIVE","DECIDING"],"counts":[[3,0]],)"
                                  R"("reasons":[[0,1,"never"]]}])"),
            std::string::npos);
}

TEST(Report, SaysWhyItCannotBeWritten) {
  EXPECT_NE(WriteReport("/nowhere/report.html", BrokenWorld("x")), "");
}

TEST(Report, NamesTheBuild) {
  const std::string id = BuildId();
  EXPECT_GE(id.size(), 8u) << id;
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos) << id;
}

TEST(Report, HasASentenceForEachPromise) {
  std::set<std::string_view> names;
  for (const Promise& promise : kPromises) {
    EXPECT_TRUE(names.insert(promise.name).second) << promise.name;
    EXPECT_GT(promise.words.size(), 20u) << promise.name;
    Report report = BrokenWorld("x");
    report.result.violation->promise = promise.name;
    EXPECT_NE(MakePage(report).find(promise.words), std::string::npos) << promise.name;
  }
  EXPECT_TRUE(PromiseInWords("P99").empty());
}

}  // namespace
}  // namespace assent::simulation
