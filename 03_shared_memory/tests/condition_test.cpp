#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>
#include <gtest/gtest.h>

#include "killed_anywhere.hpp"
#include <leftovers.hpp>
#include <mp/barrier.hpp>
#include <mp/condition.hpp>
#include <mp/event.hpp>
#include <mp/process.hpp>
#include <mp/semaphore.hpp>
#include <mp/shared_queue.hpp>
#include <mp/value.hpp>
#include <start_methods.hpp>

namespace {

using namespace std::chrono_literals;
using course::kill_after;
using course::NothingLeftOver;
using course::wait_until;
using mp::Condition;
using mp::Process;
using mp::Value;

class ConditionUnder : public course::StartMethods {
 protected:
  void SetUp() override { start_server(); }
};
INSTANTIATE_TEST_SUITE_P(Each, ConditionUnder, course::every_start_method, course::method_name);

// A buffer of a few numbers, written as a learner would.
struct Buffer {
  static constexpr int capacity = 4;
  std::array<int, capacity> items{};
  int size = 0;
  long put = 0, got = 0;
};

void produce(Value<Buffer>& buffer, Condition& not_full, Condition& not_empty, int count) {
  for (int i = 1; i <= count; ++i) {
    std::unique_lock lock{buffer};
    not_full.wait(lock, [&] { return buffer->size < Buffer::capacity; });
    buffer->items.at(static_cast<std::size_t>(buffer->size++)) = i;
    buffer->put += i;
    not_empty.notify_one();
  }
}

void consume(Value<Buffer>& buffer, Condition& not_full, Condition& not_empty, int count) {
  for (int i = 0; i < count; ++i) {
    std::unique_lock lock{buffer};
    not_empty.wait(lock, [&] { return buffer->size > 0; });
    buffer->got += buffer->items.at(static_cast<std::size_t>(--buffer->size));
    not_full.notify_one();
  }
}

TEST_P(ConditionUnder, ABoundedBufferLosesNothing) {
  const NothingLeftOver nothing;
  constexpr int count = 3000;
  Value<Buffer> buffer;
  Condition not_full, not_empty;
  std::vector<Process> all;
  for (int i = 0; i < 3; ++i) {
    for (const auto work : {produce, consume})
      all.emplace_back(options(), work, std::ref(buffer), std::ref(not_full), std::ref(not_empty),
                       count);
  }
  for (auto& process : all) EXPECT_TRUE(process.join().success());
  EXPECT_EQ(buffer->size, 0);
  EXPECT_EQ(buffer->put, 3L * count * (count + 1) / 2);
  EXPECT_EQ(buffer->got, buffer->put);
}

TEST(Condition, WaitWithoutAPredicateEndsWithTheNextNotification) {
  Condition condition;
  Value<bool> waits{false};
  Process process{[&] {
    std::unique_lock lock{waits};
    *waits = true;
    condition.wait(lock);
  }};
  wait_until([&] {
    const std::scoped_lock lock{waits};  // free again, so the process waits
    return *waits;
  });
  EXPECT_TRUE(process.is_alive());
  condition.notify_all();
  EXPECT_TRUE(process.join_for(60s));
  EXPECT_EQ(process.join().code, 0);
}

TEST(Condition, LimitsRunOut) {
  Condition condition;
  Value<int> value;
  std::unique_lock lock{value};
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(condition.wait_for(lock, 20ms, [] { return false; }));
  EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
  EXPECT_TRUE(lock.owns_lock());
  EXPECT_FALSE(condition.wait_for(lock, -1h, [] { return false; }));
  EXPECT_TRUE(condition.wait_for(lock, -1h, [] { return true; }));
  int asked = 0;  // it checks once more at the end
  EXPECT_TRUE(condition.wait_for(lock, 1ms, [&] { return ++asked == 2; }));
}

TEST(Condition, NeedsALockThatIsHeld) {
  Condition condition;
  Value<int> value;
  EXPECT_THROW(condition.wait(value), std::system_error);
}

TEST(Condition, AMovedOneSaysSo) {
  Condition condition;
  Condition moved{std::move(condition)};
  moved.notify_all();
  EXPECT_THROW(condition.notify_all(), std::system_error);
}

TEST(Condition, TellsAWaiterThatTheHolderDied) {
  Condition condition;
  Value<int> value{0};
  Process waiter{[&] {
    std::unique_lock lock{value};
    *value = 1;
    try {
      condition.wait(lock, [] { return false; });
    } catch (const mp::OwnerDied&) {
      std::exit(lock.owns_lock() ? 1 : 7);
    }
  }};
  wait_until([&] {
    const std::scoped_lock lock{value};
    return *value == 1;
  });
  Process victim{[&] {
    value.lock();
    condition.notify_all();
    ::raise(SIGKILL);
  }};
  victim.join();
  EXPECT_EQ(waiter.join().code, 7);
}

class KilledAtEveryInstruction : public course::KilledAtEveryInstruction {
  void warm_up() override {
    Condition condition;
    Value<int> value;
    std::unique_lock lock{value};
    condition.wait_for(lock, 1ms, [] { return false; });
    condition.notify_all();
  }
};

TEST_F(KilledAtEveryInstruction, AProcessThatWaitsForACondition) {
  for_each_instruction([](int n) {
    Condition condition;
    Value<int> value{0};
    const auto wait = [&] {
      for (;;) {
        try {
          std::unique_lock lock{value};
          return condition.wait(lock, [&] { return *value == 1; });
        } catch (const mp::OwnerDied&) {
        }
      }
    };
    auto other = asleep(wait);
    const bool middle = kill_after(n, wait);
    try {
      const std::scoped_lock lock{value};
    } catch (const mp::OwnerDied&) {
    }
    {
      const std::scoped_lock lock{value};
      *value = 1;
      condition.notify_one();
    }
    EXPECT_TRUE(other.join_for(60s));
    return middle;
  });
}

TEST_F(KilledAtEveryInstruction, AProcessThatNotifiesACondition) {
  for_each_instruction([](int n) {
    Condition condition;
    Value<int> value{0};
    auto waiter = asleep([&] {
      std::unique_lock lock{value};
      condition.wait(lock);
    });
    const bool middle = kill_after(n, [&] { condition.notify_all(); });
    condition.notify_all();
    EXPECT_TRUE(waiter.join_for(60s));
    return middle;
  });
}

// Waiters are killed at any moment, even while they wake. The others must still get what they wait
// for.
TEST(Condition, AWaiterKilledAtRandomDisturbsNoOther) {
  Condition condition;
  Value<Buffer> buffer;
  const auto lock_it = [&] {
    for (;;) {
      try {
        return std::unique_lock{buffer};
      } catch (const mp::OwnerDied&) {  // every step of `take` leaves the buffer consistent
      }
    }
  };
  const auto take = [&] {
    for (;;) {
      try {
        auto lock = lock_it();
        condition.wait(lock, [&] { return buffer->size > 0; });
        --buffer->size;
        ++buffer->got;
      } catch (const mp::OwnerDied&) {
      }
    }
  };
  std::array<Process, 3> takers;
  for (auto& taker : takers) taker = Process{take};
  std::mt19937 random{1};
  for (int i = 0; i < 1000; ++i) {
    {
      const auto lock = lock_it();
      buffer->size += 1 + static_cast<int>(random() % 3);
      condition.notify_one();
    }
    auto& victim = takers.at(random() % takers.size());
    for (auto spins = random() % 4000; spins > 0; --spins) std::atomic_signal_fence({});
    victim.kill();
    victim.join();
    victim = Process{take};
    wait_until([&] {
      const auto lock = lock_it();
      return buffer->size == 0;
    });
  }
  for (auto& taker : takers) taker.kill();
}

TEST(TimeLimit, ThatIsNotANumberIsAnErrorAtOnce) {
  const mp::Seconds none{std::nan("")};
  mp::Barrier barrier{2};
  mp::Condition condition;
  mp::Event event;
  mp::Lock lock;
  mp::Semaphore semaphore{1};
  mp::SharedQueue<int> queue{1};
  const std::scoped_lock guard{lock};
  EXPECT_THROW(barrier.arrive_and_wait_for(none), std::invalid_argument);
  EXPECT_THROW(condition.wait_for(lock, none, [] { return false; }), std::invalid_argument);
  EXPECT_THROW(event.wait_for(none), std::invalid_argument);
  EXPECT_THROW(semaphore.try_acquire_for(none), std::invalid_argument);
  EXPECT_THROW(queue.get_for(none), std::invalid_argument);
  EXPECT_THROW(queue.put_for(1, none), std::invalid_argument);
  EXPECT_EQ(queue.try_get(), std::nullopt) << "the item was put all the same";
}

}  // namespace
