#include "runtime/event_loop.h"

#include <gtest/gtest.h>

#include <atomic>

#include "runtime/clock.h"
#include "runtime/timer.h"
#include "runtime/worker_pool.h"
#include "tests/runtime/harness.h"

namespace assent {
namespace {

using test::LoopThread;
using test::Monitor;

TEST(EventLoop, RunsTasksOfManyThreadsEachInItsOrderOfPosting) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 5000;
  grpc::CompletionQueue queue;
  EventLoop loop(&queue);
  std::vector<std::vector<int>> seen(kThreads);
  {
    LoopThread loop_thread(&loop);
    std::vector<std::thread> posters;
    for (int t = 0; t < kThreads; ++t) {
      posters.emplace_back([&loop, mine = &seen[t]] {
        for (int i = 0; i < kTasks; ++i) ASSERT_TRUE(loop.Post([mine, i] { mine->push_back(i); }));
      });
    }
    for (std::thread& poster : posters) poster.join();
  }
  for (const std::vector<int>& order : seen) {
    ASSERT_EQ(order.size(), kTasks);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  }
}

TEST(EventLoop, RunsEveryAcceptedTaskAndRefusesOthersWhilePostersRaceItsEnd) {
  for (int round = 0; round < 20; ++round) {
    grpc::CompletionQueue queue;
    EventLoop loop(&queue);
    std::atomic<int> accepted{0};
    int ran = 0;
    LoopThread loop_thread(&loop);
    std::vector<std::thread> posters;
    for (int t = 0; t < 3; ++t) {
      posters.emplace_back([&] {
        while (loop.Post([&ran] { ++ran; })) ++accepted;
      });
    }
    loop_thread.CloseAndJoin();
    for (std::thread& poster : posters) poster.join();
    EXPECT_EQ(ran, accepted.load());
    EXPECT_FALSE(loop.Post([] {}));
  }
}

TEST(EventLoop, GoesOnUntilNothingHoldsIt) {
  grpc::CompletionQueue queue;
  EventLoop loop(&queue);
  loop.Hold();
  std::thread runner([&] { loop.Run({}); });
  ASSERT_TRUE(loop.Post([&] { loop.Close(); }));
  ASSERT_TRUE(loop.Post([&] { EXPECT_TRUE(loop.closing()); }));
  ASSERT_TRUE(loop.Post([&] { loop.Release(); }));
  runner.join();
  EXPECT_FALSE(loop.Post([] {}));
}

TEST(EventLoop, EndsAtOnceWhenItWasClosedBeforeItRan) {
  grpc::CompletionQueue queue;
  EventLoop loop(&queue);
  loop.Close();
  loop.Run({});
  EXPECT_FALSE(loop.Post([] {}));
}

TEST(EventLoop, TicksWhenTheDeadlineHasPassedEvenUnderLoad) {
  grpc::CompletionQueue queue;
  EventLoop loop(&queue);
  Time deadline = MonotonicNow() + Duration::Millis(20);
  const Time due = deadline;
  Time ticked = Time{0};
  LoopHooks hooks;
  hooks.deadline = [&] { return deadline; };
  hooks.tick = [&](Time now) {
    ticked = now;
    deadline = Time::Never();
    loop.Close();
  };
  // A task that posts itself again: the queue is never empty.
  std::function<void()> again = [&] { static_cast<void>(loop.Post(again)); };
  again();
  hooks.drained = [&] {
    if (loop.closing()) again = [] {};
  };
  loop.Run(hooks);
  EXPECT_GE(ticked, due);
}

TEST(EventLoop, CallsDrainedOncePerTurnAfterItsEvents) {
  grpc::CompletionQueue queue;
  EventLoop loop(&queue);
  int tasks = 0;
  int drains = 0;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(loop.Post([&] { ++tasks; }));
  LoopHooks hooks;
  hooks.drained = [&] {
    EXPECT_EQ(tasks, 100);
    ++drains;
    loop.Close();
  };
  loop.Run(hooks);
  EXPECT_EQ(drains, 1);
}

TEST(EventLoop, HasOneTimeForAnEventAndALaterOneForTheNext) {
  grpc::CompletionQueue queue;
  EventLoop loop(&queue);
  Time later;
  const auto next = [&] {
    EXPECT_GE(loop.event_time(), later);
    loop.Close();
  };
  ASSERT_TRUE(loop.Post([&] {
    const Time time = loop.event_time();
    EXPECT_LE(time, MonotonicNow());
    while ((later = MonotonicNow()) == time) continue;
    EXPECT_EQ(loop.event_time(), time);
    ASSERT_TRUE(loop.Post(next));
  }));
  loop.Run({});
  EXPECT_GT(later, Time{});
}

TEST(Timer, CallsAtItsTimeUnlessCancelledOrReplaced) {
  grpc::CompletionQueue queue;
  EventLoop loop(&queue);
  Timer kept(&loop);
  Timer cancelled(&loop);
  const Time start = MonotonicNow();
  Time called = Time{0};
  kept.Set(start + Duration::Seconds(1000), [] { ADD_FAILURE() << "was replaced"; });
  kept.Set(start + Duration::Millis(10), [&] {
    called = MonotonicNow();
    loop.Close();
  });
  cancelled.Set(start + Duration::Millis(1), [] { ADD_FAILURE() << "was cancelled"; });
  cancelled.Cancel();
  loop.Run({});
  EXPECT_GE(called, start + Duration::Millis(10));
  EXPECT_EQ(loop.holds(), 0u);
}

TEST(Clock, ConvertsToGrpcAndBack) {
  const Time time{1234567890};
  EXPECT_EQ(FromGrpcTime(ToGrpcTime(time)), time);
  EXPECT_EQ(FromGrpcTime(ToGrpcTime(Time::Never())), Time::Never());
  EXPECT_EQ(FromGrpcTime(gpr_inf_future(GPR_CLOCK_REALTIME)), Time::Never());
  EXPECT_EQ(FromGrpcTime(gpr_inf_past(GPR_CLOCK_MONOTONIC)), Time{0});
  const Time before = MonotonicNow();
  EXPECT_LE(before, MonotonicNow());
  EXPECT_EQ(WallClockText().size(), std::string("2024-05-01T12:00:00.123456Z").size());
}

TEST(WorkerPool, SendsResultsHomeThroughTheLoop) {
  grpc::CompletionQueue queue;
  EventLoop loop(&queue);
  LoopThread loop_thread(&loop);
  Monitor monitor;
  int results = 0;
  WorkerPool pool;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(pool.Submit(
        "work", [&] { ASSERT_TRUE(loop.Post([&] { monitor.Update([&] { ++results; }); })); }));
  }
  EXPECT_TRUE(monitor.Await([&] { return results == 1000; }));
}

TEST(WorkerPool, ShowsAHungTaskAndRefusesWhatDoesNotFit) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  Monitor monitor;
  bool started = false;
  WorkerPool pool({.threads = 1, .max_queued = 1});
  ASSERT_TRUE(pool.Submit("stock: Prepare", [&monitor, &started, released] {
    monitor.Update([&] { started = true; });
    released.wait();
  }));
  ASSERT_TRUE(monitor.Await([&] { return started; }));
  ASSERT_TRUE(pool.Submit("waits", [] {}));
  EXPECT_FALSE(pool.Submit("does not fit", [] {}));
  EXPECT_EQ(pool.queued(), 1u);
  const std::vector<WorkerPool::Running> running = pool.RunningAtLeast(Duration::Micros(0));
  ASSERT_EQ(running.size(), 1u);
  EXPECT_EQ(running[0].what, "stock: Prepare");
  EXPECT_TRUE(pool.RunningAtLeast(Duration::Seconds(3600)).empty());
  release.set_value();
  pool.Stop();
  EXPECT_TRUE(pool.RunningAtLeast(Duration::Micros(0)).empty());
}

TEST(WorkerPool, RunsWhatItAcceptedBeforeItStops) {
  std::atomic<int> ran{0};
  {
    WorkerPool pool({.threads = 3, .max_queued = 1000});
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.Submit("count", [&] { ++ran; }));
    pool.Stop();
    EXPECT_FALSE(pool.Submit("too late", [] {}));
  }
  EXPECT_EQ(ran.load(), 500);
}

}  // namespace
}  // namespace assent
