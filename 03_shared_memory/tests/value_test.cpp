#include <sys/resource.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <leftovers.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>
#include <start_methods.hpp>

namespace {

using course::NothingLeftOver;
using mp::Process;
using mp::Value;

struct Point {
  double x, y;
};

class ValueUnder : public course::StartMethods {};
INSTANTIATE_TEST_SUITE_P(Each, ValueUnder, course::every_start_method, course::method_name);

void increment(Value<int>& value, int times) {
  for (int i = 0; i < times; ++i) {
    const std::scoped_lock guard{value};
    ++*value;
  }
}

TEST_P(ValueUnder, IsTheSameInEveryProcess) {
  start_server();
  const NothingLeftOver check;
  Value<int> value{5};
  EXPECT_TRUE(Process(options(), increment, std::ref(value), 1).join().success());
  EXPECT_EQ(*value, 6);
}

TEST_P(ValueUnder, IsCorrectUnderItsLock) {
  constexpr int processes = 4, times = 50'000;
  Value<int> value;
  std::vector<Process> all;
  for (int i = 0; i < processes; ++i)
    all.emplace_back(options(), increment, std::ref(value), times);
  for (auto& process : all) EXPECT_TRUE(process.join().success());
  EXPECT_EQ(*value, processes * times);
}

TEST_P(ValueUnder, HoldsObjects) {
  Value<Point> point{Point{1.5, 2}};
  Process{options(), [](Value<Point>& shared) { shared->y = 2 * shared->x; }, std::ref(point)};
  EXPECT_EQ(point->x, 1.5);
  EXPECT_EQ((*point).y, 3);
}

void lock_and_die(Value<int>& value) {
  value.lock();
  *value = 7;
  ::raise(SIGKILL);
}

TEST_P(ValueUnder, SaysOnceThatTheHolderDied) {
  Value<int> value;
  Process holder{options(), lock_and_die, std::ref(value)};
  EXPECT_EQ(holder.join().signal, SIGKILL);
  EXPECT_THROW(value.lock(), mp::OwnerDied);
  const std::scoped_lock guard{value};
  EXPECT_EQ(*value, 7);
}

TEST(Value, StartsAsToldOrAsZero) {
  EXPECT_EQ(*Value<int>{}, 0);
  EXPECT_EQ(*Value<int>{3}, 3);
  EXPECT_EQ(*Value<double>{3.5}, 3.5);
  EXPECT_EQ((Value<Point> {
              { 1, 2 }
            } -> y),
            2);
  struct Atomics {
    std::atomic<int> one, two[2];
  };
  // With a virtual destructor it would be rejected for that alone.
  struct Unusable {  // NOLINT(cppcoreguidelines-virtual-class-destructor)
    Unusable() = default;
    Unusable(const Unusable&) = delete;
    virtual void call() {}
  };
  static_assert(mp::is_shareable<const Point> && mp::is_shareable<Atomics>);
  static_assert(!mp::is_shareable<std::string> && !mp::is_shareable<std::unique_ptr<int>>);
  static_assert(!mp::is_shareable<Unusable>, "it holds an address");
  Value<std::atomic<int>> counter{4};
  ++*counter;
  EXPECT_EQ(*counter, 5);
}

TEST(Value, MayBeLargerThanTheStack) {
  struct Grid {
    double cell[1500][1500];
  };
  Value<Grid> grid;
  EXPECT_EQ(grid->cell[1499][1499], 0);
  struct Counted {
    double cell[1500][1500];
    int answer = 42;
  };
  Value<Counted> counted;
  EXPECT_EQ(counted->cell[1499][1499], 0);
  EXPECT_EQ(counted->answer, 42);
}

TEST(Value, HoldsPairsAndTuples) {
  Value<std::pair<int, double>> pair{{1, 2.5}};
  Process{[&] { pair->first = 7; }}.join();
  EXPECT_EQ(*pair, (std::pair{7, 2.5}));
  Value<std::tuple<int, char, std::pair<long, float>>> tuple;
  EXPECT_EQ(std::get<2>(*tuple).first, 0);
  static_assert(!mp::is_shareable<std::pair<int, std::string>>);
  static_assert(!mp::is_shareable<std::tuple<int, std::string>> && !mp::is_shareable<int&>);
}

TEST(Value, NeedsNoDefaultConstructor) {
  struct Degrees {
    explicit Degrees(int number) : value{number} {}
    int value;
  };
  static_assert(!std::is_default_constructible_v<Value<Degrees>>);
  EXPECT_EQ(
      Value<Degrees> {
        Degrees { 30 }
      } -> value,
      30);
}

TEST(Value, IsAlignedForItsType) {
  struct alignas(64) Line {
    char bytes[64];
  };
  const Value<Line> line;
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&*line) % 64, 0u);
}

TEST(Value, CanBeMovedWhileHeld) {
  Value<int> value{1};
  value.lock();
  Value<int> moved{std::move(value)};
  EXPECT_EQ(*moved, 1);
  moved.unlock();
  value = Value<int>{2};
  value = std::move(moved);
  EXPECT_EQ(*value, 1);
  const std::scoped_lock guard{value};
}

TEST(Value, DoesNotArriveFromMemoryOfAnotherSize) {
  EXPECT_EQ(*mp::decode<Value<int>>(mp::encode(Value<int>{3})), 3);
  EXPECT_THROW(mp::decode<Value<int>>(mp::encode(Value<double>{3})), mp::MessageError);
}

TEST(Value, MayBeMoreThanAProcessHasDescriptors) {
  const NothingLeftOver check;
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  std::vector<Value<int>> values;
  for (rlim_t i = 0; i < std::min<rlim_t>(limit.rlim_cur, 10'000) + 100; ++i)
    values.emplace_back(static_cast<int>(i));
  Process{[&] { ++*values.back(); }}.join();
  EXPECT_EQ(*values.back(), static_cast<int>(values.size()));
}

TEST(Value, LeavesNothingBehind) {
  const NothingLeftOver check;
  for (int i = 0; i < 1000; ++i) {
    const Value<int> value{i};
    const auto arrived = mp::decode<Value<int>>(mp::encode(value));
    ASSERT_EQ(*arrived, i);
  }
}

}  // namespace
