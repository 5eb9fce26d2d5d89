#include "tools/cli_text.h"

#include <gtest/gtest.h>

#include "assent/v1/transaction_service.pb.h"
#include "tools/cli_parse.h"

namespace assent::cli {
namespace {

TEST(CliText, LeavesNothingThatATerminalObeys) {
  EXPECT_EQ(Printable("stock is empty"), "stock is empty");
  EXPECT_EQ(Printable("\x1b[31mred\x07\r\n"), "\\x1b[31mred\\x07\\x0d\\x0a");
  EXPECT_EQ(Printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m");
  EXPECT_EQ(Printable("abc\xe2\x80\xae"
                      "cba"),
            "abc\\xe2\\x80\\xaecba");
  EXPECT_EQ(Printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(Printable("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x99\x82"),
            "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x99\x82");
}

TEST(CliText, AlignsColumnsByCharactersAndEscapesCells) {
  EXPECT_EQ(Table({{"A", "B"}, {"\xc3\xa4\xc3\xa4", "x"}, {"\x1b", "y"}}),
            "A     B\n\xc3\xa4\xc3\xa4    x\n\\x1b  y\n");
}

TEST(CliText, JsonHasTheFieldsOfTheProtoFileAllOfThem) {
  v1::GetTransactionResponse response;
  response.set_transaction_id("c-1-2");
  response.mutable_outcome()->set_text("\x1b[31m");
  EXPECT_EQ(Json(response),
            "{\"transaction_id\":\"c-1-2\",\"outcome\":{\"outcome\":\"OUTCOME_UNSPECIFIED\","
            "\"state\":\"TRANSACTION_STATE_UNSPECIFIED\",\"read_only\":false,"
            "\"abort_reason\":\"ABORT_REASON_UNSPECIFIED\",\"participant\":\"\","
            "\"text\":\"\\u001b[31m\",\"unfinished_participants\":[]}}\n");
}

TEST(CliParse, NamesTheNearestCommandOrFlag) {
  EXPECT_EQ(ParseCommandLine({"transactoin", "list"}).text,
            "there is no command \"transactoin\"; did you mean transaction? assent --help lists "
            "all");
  EXPECT_EQ(ParseCommandLine({"transaction", "abrot", "c-1-1"}).text,
            "there is no command \"abrot\"; did you mean abort? assent --help lists all");
  EXPECT_EQ(ParseCommandLine({"transaction", "list", "--unfinishd"}).text,
            "there is no flag \"--unfinishd\"; did you mean --unfinished? assent --help lists all");
  EXPECT_EQ(ParseCommandLine({"log"}).text,
            "say what to do, one of: dump verify backup; assent --help tells more");
}

TEST(CliParse, TakesCommonFlagsBeforeAndAfterTheCommand) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--address", "there:1", "-o", "json", "--timeout",
                                              "2s", "transaction", "show", "c-1-1"},
                                             {"transaction", "show", "c-1-1", "--address",
                                              "there:1", "--output=json", "--timeout=2s"}}) {
    const Command command = ParseCommandLine(arguments);
    EXPECT_EQ(command.action, Action::kTransactionShow) << command.text;
    EXPECT_EQ(command.address, "there:1");
    EXPECT_EQ(command.format, Format::kJson);
    EXPECT_EQ(command.timeout, Duration::Seconds(2));
    EXPECT_EQ(command.transaction, "c-1-1");
  }
}

TEST(CliParse, RefusesWhatItCannotMean) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {},
           {"transaction", "show"},
           {"transaction", "list", "--limit", "0"},
           {"transaction", "list", "--timeout", "5"},
           {"transaction", "list", "-o", "yaml"},
           {"participant", "replace", "stock", "--confirm", "stock"},
           {"participant", "replace", "stock", "--release", "--store", "ab", "--confirm", "stock"},
           {"log", "verify", "one", "two"},
           {"dev", "--port", "65536"}}) {
    EXPECT_EQ(ParseCommandLine(arguments).action, Action::kError);
    EXPECT_NE(ParseCommandLine(arguments).text, "");
  }
}

}  // namespace
}  // namespace assent::cli
