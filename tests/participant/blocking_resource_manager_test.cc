// What the blocking base makes of exceptions.
#include "gmock/gmock.h"
#include "tests/participant/ledger.h"
#include "tests/participant/resource_manager_contract.h"
#include "tests/support/temporary_directory.h"

namespace assent {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LedgerSubject : public Subject {
 public:
  LedgerSubject() {
    options_.state.directory = directory_ / "agent";
    EXPECT_EQ(AgentState::Create(options_.state, DrawStoreId()), "");
  }
  std::unique_ptr<ResourceManager> Open() override {
    return std::make_unique<Ledger>(options_, &book);
  }
  void Crash() override {}
  std::optional<std::string> Committed(ResourceManager*, const std::string&) override {
    return std::nullopt;
  }

  Book book;

 private:
  testing::TemporaryDirectory directory_;
  BlockingResourceManagerOptions options_;
};

TEST(BlockingResourceManager, TakesAnExceptionFromPrepareForANoAndAbortsTheBranch) {
  LedgerSubject subject;
  Life life(&subject);
  {
    const std::lock_guard<std::mutex> hold(subject.book.mutex);
    subject.book.fails_after_preparing = true;
  }
  const PrepareResult result = life.Prepare(Id(1), Operations().Add("a", 1));
  EXPECT_EQ(result.vote, VoteKind::kNo);
  EXPECT_THAT(result.text, HasSubstr("connection lost"));
  const std::lock_guard<std::mutex> hold(subject.book.mutex);
  EXPECT_THAT(subject.book.prepared, IsEmpty());
}

TEST(BlockingResourceManager, NeverTakesAnExceptionForAnOutcome) {
  LedgerSubject subject;
  Life life(&subject);
  ASSERT_EQ(life.Prepare(Id(1), Operations().Add("a", 1)).vote, VoteKind::kYes);
  const auto fail_once = [&subject] {
    const std::lock_guard<std::mutex> hold(subject.book.mutex);
    subject.book.failing_calls = 1;
  };
  fail_once();
  EXPECT_FALSE(life.Abort(Id(1)));
  fail_once();
  EXPECT_EQ(life.Commit(Id(1)), CommitResult::kFailed);
  EXPECT_EQ(life.Commit(Id(1)), CommitResult::kCommitted);
}

TEST(BlockingResourceManager, DoesNotStartWhenThePreparedBranchesCannotBeListed) {
  LedgerSubject subject;
  subject.book.failing_calls = 1;
  Life life(&subject);
  EXPECT_THAT(life.start().error, HasSubstr("connection refused"));
}

TEST(BlockingResourceManager, AbortsLaterWhatItCouldNotAbortAtOnce) {
  LedgerSubject subject;
  Life life(&subject);
  {
    const std::lock_guard<std::mutex> hold(subject.book.mutex);
    subject.book.failing_calls = 2;  // Prepare, and the abort after it
    subject.book.prepared[Id(1)] = {};
  }
  EXPECT_EQ(life.Prepare(Id(1), Operations().Add("a", 1)).vote, VoteKind::kNo);
  life.Do({AbortStep{Id(2)}}, 1);
  life.manager()->Stop();
  EXPECT_THAT(subject.book.prepared, IsEmpty());
}

}  // namespace
}  // namespace assent
