#include <unistd.h>
#include <chrono>
#include <functional>
#include <mutex>
#include <vector>
#include <gtest/gtest.h>

#include <mp/condition.hpp>
#include <mp/event.hpp>
#include <mp/map_reduce.hpp>
#include <mp/parallel.hpp>
#include <mp/partial.hpp>
#include <mp/pool.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>
#include <mp/shared_queue.hpp>
#include <mp/value.hpp>
#include <mp/watchdog.hpp>

// The watchdog knows nothing about pools, but finds out why a program that uses one hangs.

namespace {

using namespace std::chrono_literals;
using DeadlockDeathTest = testing::Test;

template <class Program>
void expect_deadlock(Program program, const char* explanation) {
  const auto watched = [&] {
    const mp::Watchdog watchdog{100ms};
    program();
  };
  EXPECT_EXIT(watched(), testing::ExitedWithCode(1), explanation);
}

int take(mp::Queue<int>& queue) { return queue.get(); }
int take_for(mp::Queue<int>& queue, int) { return queue.get(); }

constexpr auto methods = {mp::StartMethod::fork, mp::StartMethod::spawn,
                          mp::StartMethod::forkserver};

TEST(DeadlockDeathTest, PoolThatCallsWhatNeverReturns) {
  for (const auto method : methods)
    expect_deadlock(
        [&] {
          mp::Queue<int> queue;  // no process puts anything
          mp::Pool pool{{.processes = 2, .start_method = method}};
          pool.apply(take, std::ref(queue));
        },
        "Worker-[12] .* waits for a task .*. This is a deadlock.");
}

TEST(DeadlockDeathTest, PoolThatMapsWhatNeverReturns) {
  expect_deadlock(
      [] {
        mp::Queue<int> queue;
        mp::Pool pool{2};
        pool.map(mp::partial(take_for, std::ref(queue)), std::vector{1, 2, 3});
      },
      "This is a deadlock.");
}

TEST(DeadlockDeathTest, PoolWhoseResultIsFetchedLater) {
  expect_deadlock(
      [] {
        mp::Queue<int> queue;
        mp::Pool pool{2};
        auto result = pool.apply_async(take, std::ref(queue));
        result.get();
      },
      "This is a deadlock.");
}

TEST(DeadlockDeathTest, MapReduceWhoseWorkersWait) {
  expect_deadlock(
      [] {
        mp::Queue<int> queue;
        mp::MapReduce workers{2};
        workers.map(2, [&](std::size_t) { return queue.get(); });
      },
      "Worker-1.*This is a deadlock.");
}

TEST(DeadlockDeathTest, ParallelWhoseWorkersWait) {
  expect_deadlock(
      [] {
        mp::Queue<int> queue;
        mp::parallel(std::vector{1, 2}, [&](int) { return queue.get(); }, {.processes = 2});
      },
      "This is a deadlock.");
}

// The counts of a queue begin shortly before their highest bit changes.
TEST(DeadlockDeathTest, SharedQueueThatIsFull) {
  for (const int before : {0, 1, 999, 1000, 1001, 5000})
    expect_deadlock(
        [&] {
          mp::SharedQueue<int> queue{2};
          for (int i = 0; i < before; ++i) {
            queue.put(i);
            queue.get();
          }
          mp::Process process{[&] {
            for (int i = 0; i < 5; ++i) queue.put(i);
          }};
          process.join();
        },
        "waits for Process-1 to end; Process-1 .* waits for space in a queue");
}

TEST(DeadlockDeathTest, SharedQueueThatIsEmpty) {
  for (const int before : {0, 1000, 5000})
    expect_deadlock(
        [&] {
          mp::SharedQueue<int> queue{2};
          for (int i = 0; i < before; ++i) {
            queue.put(i);
            queue.get();
          }
          queue.get();
        },
        "MainProcess .* waits for an item in a queue. ");
}

TEST(DeadlockDeathTest, EventThatIsNotSet) {
  expect_deadlock(
      [] {
        mp::Event event;
        mp::Process process{[&] { event.wait(); }};
        process.join();
      },
      "Process-1 .* waits for an event .shared with MainProcess");
}

TEST(DeadlockDeathTest, ConditionThatIsNotNotified) {
  expect_deadlock(
      [] {
        mp::Value<int> value{0};
        mp::Condition condition;
        std::unique_lock lock{value};
        condition.wait(lock, [&] { return *value > 0; });
      },
      "waits for a notification. ");
}

// All wait for each other all the time, but never forever.
int twice(int number) { return 2 * number; }
void work_hard() {
  const auto end = std::chrono::steady_clock::now() + 4s;
  const std::vector<int> numbers(100, 21);
  mp::SharedQueue<int> questions{1}, answers{1};
  mp::Process echo{[&] {
    for (const int number : questions) answers.put(twice(number));
  }};
  mp::Pool pool{2};
  mp::MapReduce workers{2};
  while (std::chrono::steady_clock::now() < end) {
    auto later = pool.map_async(twice, numbers);
    for (const int number : pool.map(twice, numbers, {.chunk_size = 1}))
      if (number != 42) ::_exit(8);
    for (const int number : numbers) {
      questions.put(number);
      if (answers.get() != 42) ::_exit(8);
    }
    workers.map(2, [](std::size_t i) { return i; });
    later.get();
  }
  questions.close();
  echo.join();
  ::_exit(7);
}

TEST(DeadlockDeathTest, IsNotSeenWhereAllGoesWell) {
  const auto watched = [] {
    const mp::Watchdog watchdog{1ms};
    work_hard();
  };
  EXPECT_EXIT(watched(), testing::ExitedWithCode(7), "^$");
}

}  // namespace
