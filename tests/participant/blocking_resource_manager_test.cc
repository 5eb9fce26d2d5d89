// What the blocking base makes of exceptions and of calls that block.
#include <chrono>
#include <condition_variable>

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

// One key. Prepare waits until no other branch holds it, as one in a database may.
class LockingManager : public BlockingResourceManager {
 public:
  explicit LockingManager(const BlockingResourceManagerOptions& options)
      : BlockingResourceManager(options) {}
  ~LockingManager() override { Stop(); }

  void WaitUntilWaiting(int prepares) {
    std::unique_lock<std::mutex> hold(mutex_);
    changed_.wait(hold, [&] { return waiting_ >= prepares; });
  }

 protected:
  PrepareResult Prepare(const TransactionId& id, const std::optional<std::string>&) override {
    std::unique_lock<std::mutex> hold(mutex_);
    ++waiting_;
    changed_.notify_all();
    // A database's own limit. Only if what ends the holder does not get a worker.
    const bool locked =
        changed_.wait_for(hold, std::chrono::seconds(20), [this] { return !holder_; });
    --waiting_;
    if (!locked) return {VoteKind::kNo, "waited too long for the lock"};
    holder_ = id;
    return {VoteKind::kYes, ""};
  }
  CommitResult Commit(const TransactionId& id) override {
    Release(id);
    return CommitResult::kCommitted;
  }
  bool Abort(const TransactionId& id) override {
    Release(id);
    return true;
  }
  std::vector<TransactionId> ListPrepared() override { return {}; }

 private:
  void Release(const TransactionId& id) {
    const std::lock_guard<std::mutex> hold(mutex_);
    if (holder_ == id) holder_.reset();
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  std::optional<TransactionId> holder_;
};

class LockingSubject : public Subject {
 public:
  explicit LockingSubject(std::size_t workers) {
    options_.workers = workers;
    options_.state.directory = directory_ / "agent";
    EXPECT_EQ(AgentState::Create(options_.state, DrawStoreId()), "");
  }
  std::unique_ptr<ResourceManager> Open() override {
    return std::make_unique<LockingManager>(options_);
  }
  void Crash() override {}
  std::optional<std::string> Committed(ResourceManager*, const std::string&) override {
    return std::nullopt;
  }

 private:
  testing::TemporaryDirectory directory_;
  BlockingResourceManagerOptions options_;
};

// More Prepares than workers, and each waits for the one before to be ended.
TEST(BlockingResourceManager, FinishesPreparedBranchesWhilePreparesWaitForTheirLocks) {
  for (const std::size_t workers : {0, 1, 2, 4}) {
    LockingSubject subject(workers);
    Life life(&subject);
    auto* const manager = static_cast<LockingManager*>(life.manager());
    ASSERT_EQ(life.Prepare(Id(1), std::nullopt).vote, VoteKind::kYes);
    std::vector<ResourceStep> prepares;
    for (std::uint64_t i = 2; i <= 9; ++i) prepares.emplace_back(PrepareStep{Id(i), {}, {}});
    manager->Submit(std::move(prepares));
    manager->WaitUntilWaiting(workers > 1 ? static_cast<int>(workers) - 1 : 1);
    TransactionId holder = Id(1);
    for (int ended = 1; ended <= 9; ++ended) {
      std::vector<ResourceStep> end;
      if (ended % 2 == 0) {
        end.emplace_back(AbortStep{holder});
      } else {
        end.emplace_back(CommitStep{holder});
      }
      // This step is answered, and the next Prepare, which takes the lock.
      const auto done = life.Do(std::move(end), ended < 9 ? 2 : 1);
      for (const ResourceCompletion& completion : done) {
        const auto* prepared = std::get_if<participant_input::Prepared>(&completion);
        if (prepared == nullptr) continue;
        ASSERT_EQ(prepared->result.vote, VoteKind::kYes) << prepared->result.text;
        holder = prepared->id;
      }
    }
  }
}

}  // namespace
}  // namespace assent
