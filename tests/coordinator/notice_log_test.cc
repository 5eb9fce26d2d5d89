// What peers say is written to the log as part of one line, whatever it is.
#include "coordinator/notice_log.h"

#include <glog/logging.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "coordinator/printable.h"

namespace assent {
namespace {

class Lines final : public google::LogSink {
 public:
  Lines() { google::AddLogSink(this); }
  ~Lines() override { google::RemoveLogSink(this); }
  void send(google::LogSeverity, const char*, const char*, int, const struct ::tm*,
            const char* message, std::size_t size) override {
    lines_.emplace_back(message, size);
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

coordinator_effect::Notice NoticeOf(std::string participant, std::string text) {
  return {NoticeKind::kAbortedOddly, std::move(participant), {3, 7}, std::move(text)};
}

TEST(NoticeLog, WritesOneLineWhateverThePeerSays) {
  NoticeLog log(*CoordinatorId::Parse("bank"));
  Lines written;
  log.Write(NoticeOf("stock\nE1121", "no\nE1121 10:00:00 1 daemon.cc:1] all is lost\r\x1b[2J"),
            Time{1});
  ASSERT_EQ(written.lines().size(), 1u);
  EXPECT_EQ(written.lines()[0],
            "aborted: participant stock\\nE1121 transaction bank-3-7: no\\nE1121 10:00:00 1 "
            "daemon.cc:1] all is lost\\r\\x1b[2J");
}

TEST(NoticeLog, CutsWhatThePeerSays) {
  NoticeLog log(*CoordinatorId::Parse("bank"));
  Lines written;
  log.Write(NoticeOf(std::string(1'000'000, 'p'), std::string(1'000'000, '\n')), Time{1});
  ASSERT_EQ(written.lines().size(), 1u);
  EXPECT_LT(written.lines()[0].size(), 1000u);
  EXPECT_EQ(written.lines()[0].find('\n'), std::string::npos);
}

TEST(NoticeLog, LeavesOutWhatIsTooMuchAndTellsHowMuch) {
  NoticeLog log(*CoordinatorId::Parse("bank"));
  Lines written;
  for (int i = 0; i < 100; ++i) log.Write(NoticeOf("stock", "no"), Time{1});
  EXPECT_EQ(written.lines().size(), NoticeLog::kLinesPerSecond);
  log.Write(NoticeOf("stock", "no"), Time{1} + Duration::Seconds(1));
  EXPECT_NE(written.lines().back().find("(80 lines of this kind left out)"), std::string::npos);
}

TEST(Printable, LeavesTextsOfAnyLanguageAsTheyAre) {
  EXPECT_EQ(Printable("nicht genügend Bestand, 在庫不足"), "nicht genügend Bestand, 在庫不足");
  EXPECT_EQ(Printable(""), "");
}

TEST(Printable, EscapesEveryControlCharacter) {
  for (int c = 0; c < 0x20; ++c) {
    for (const char out : Printable(std::string(1, static_cast<char>(c)))) EXPECT_GE(out, 0x20);
  }
  EXPECT_EQ(Printable("\x7f\\\t"), "\\x7f\\\\\\t");
  EXPECT_EQ(Printable("\xc2\x9b[2J"), "\\xc2\\x9b[2J") << "a terminal takes it for an escape";
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(Printable("abcdef", 4), "abcd...");
  EXPECT_EQ(Printable("abcä", 4), "abc...");
  EXPECT_EQ(Printable("abcä", 5), "abcä");
}

}  // namespace
}  // namespace assent
