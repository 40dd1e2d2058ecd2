#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mp/cluster_pool.hpp>
#include <mp/pool.hpp>

// The calls of mp::Pool and mp::ClusterPool, which are the same templates on two engines. With
// mpirun, this program's ranks are the workers of the second.

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

int square(int x) { return x * x; }
int add(int a, int b) { return a + b; }
std::string repeat(std::string text, int times) {
  std::string all;
  for (; times > 0; --times) all += text;
  return all;
}
int fail_for_two(int x) { return x == 2 ? throw std::range_error{"two"} : x; }

struct LocalPool : mp::Pool {
  LocalPool() : Pool{2} {}
};

template <class Pool>
class PoolCalls : public testing::Test {
 public:
  Pool pool;
};
struct Names {
  template <class Pool>
  static std::string GetName(int) {
    return std::is_same_v<Pool, LocalPool> ? "Local" : "Cluster";
  }
};
using Pools = testing::Types<LocalPool, mp::ClusterPool>;
TYPED_TEST_SUITE(PoolCalls, Pools, Names);

TYPED_TEST(PoolCalls, MapKeepsTheOrder) {
  std::vector<int> numbers(1000), squares(1000);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::ranges::transform(numbers, squares.begin(), square);
  for (const std::ptrdiff_t size : {0, 1, 7, 5000})
    EXPECT_EQ(this->pool.map(square, numbers, {.chunk_size = size}), squares);
  EXPECT_EQ(this->pool.map(square, std::vector<int>{}), std::vector<int>{});
}

TYPED_TEST(PoolCalls, StarmapSpreadsTuples) {
  const std::vector<std::tuple<std::string, int>> pairs{{"a", 3}, {"bc", 2}, {"d", 0}};
  EXPECT_THAT(this->pool.starmap(repeat, pairs), ElementsAre("aaa", "bcbc", ""));
}

TYPED_TEST(PoolCalls, PartialBindsArguments) {
  EXPECT_THAT(this->pool.map(mp::partial(add, 10), std::vector{1, 2, 3}), ElementsAre(11, 12, 13));
}

TYPED_TEST(PoolCalls, ApplyAndApplyAsync) {
  EXPECT_EQ(this->pool.apply(add, 2, 3), 5);
  std::vector<mp::AsyncResult<int>> promised;
  for (int i = 0; i < 50; ++i) promised.push_back(this->pool.apply_async(square, i));
  for (int i = 49; i >= 0; --i) EXPECT_EQ(promised[static_cast<std::size_t>(i)].get(), i * i);
}

TYPED_TEST(PoolCalls, MapAsyncAndStarmapAsync) {
  auto squares = this->pool.map_async(square, std::vector{1, 2, 3});
  auto sums = this->pool.starmap_async(add, std::vector<std::tuple<int, int>>{{1, 2}, {3, 4}});
  EXPECT_THAT(sums.get(), ElementsAre(3, 7));
  EXPECT_THAT(squares.get(), ElementsAre(1, 4, 9));
}

TYPED_TEST(PoolCalls, ImapIsInOrderAndCanBeLeft) {
  std::vector<int> numbers(100'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  int next = 0;
  for (const int result : this->pool.imap(square, numbers)) {
    EXPECT_EQ(result, next * next);
    if (++next == 20) break;
  }
  std::vector<int> results;
  for (const int result : this->pool.imap_unordered(square, std::vector{1, 2, 3}))
    results.push_back(result);
  EXPECT_THAT(results, UnorderedElementsAre(1, 4, 9));
}

TYPED_TEST(PoolCalls, FunctionsWithoutResult) {
  this->pool.map([](int) {}, std::vector{1, 2, 3});
  this->pool.apply([] {});
}

TYPED_TEST(PoolCalls, AnExceptionComesBack) {
  try {
    this->pool.map(fail_for_two, std::vector{1, 2, 3}, {.chunk_size = 1});
    FAIL() << "no exception";
  } catch (const mp::RemoteError& error) {
    EXPECT_EQ(error.type, "std::range_error");
    EXPECT_EQ(error.text, "two");
    EXPECT_FALSE(error.worker.empty());
  }
  EXPECT_EQ(this->pool.apply(square, 3), 9);
}

TYPED_TEST(PoolCalls, LargeValues) {
  std::vector<double> numbers(3'000'000);
  std::iota(numbers.begin(), numbers.end(), 0.0);
  const auto back =
      this->pool.map([](std::vector<double> part) { return part; }, std::vector{numbers, numbers});
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[0], numbers);
  EXPECT_EQ(back[1], numbers);
}

TYPED_TEST(PoolCalls, AWaitCanHaveALimit) {
  auto slow = this->pool.apply_async([] { std::this_thread::sleep_for(300ms); });
  EXPECT_FALSE(slow.wait_for(1ms));
  EXPECT_THROW(slow.get(1ms), mp::TimedOut);
  slow.get();
}

TYPED_TEST(PoolCalls, ThreadsShareAPool) {
  std::vector<std::thread> threads;
  std::vector<int> sums(4);
  for (std::size_t i = 0; i < sums.size(); ++i)
    threads.emplace_back([&, i] {
      for (const int x : this->pool.map(square, std::vector{1, 2, 3})) sums[i] += x;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(sums, ElementsAre(14, 14, 14, 14));
}

TYPED_TEST(PoolCalls, WhatIsNotDoneIsGivenUpAtTheEnd) {
  std::optional<TypeParam> short_lived{std::in_place};
  std::vector<mp::AsyncResult<void>> promised;
  for (int i = 0; i < 20; ++i)
    promised.push_back(short_lived->apply_async([] { std::this_thread::sleep_for(50ms); }));
  short_lived.reset();
  EXPECT_THROW(promised.back().get(), mp::PoolClosed);
}

TYPED_TEST(PoolCalls, TakesLists) {
  auto& workers = this->pool;
  EXPECT_THAT(workers.map(square, {1, 2, 3}), ElementsAre(1, 4, 9));
  EXPECT_THAT(workers.map([](std::string_view text) { return text.size(); }, {"a", "bcd"}),
              ElementsAre(1u, 3u));
  EXPECT_THAT(workers.starmap(repeat, {{"a", 3}, {"b", 1}}), ElementsAre("aaa", "b"));
  EXPECT_THAT(workers.starmap_async(repeat, {{"a", 3}, {"b", 1}}).get(), ElementsAre("aaa", "b"));
  EXPECT_THAT(workers.map_async(square, {1, 2, 3}).get(), ElementsAre(1, 4, 9));
  std::vector<int> results;
  for (const int result : workers.imap(square, {1, 2, 3})) results.push_back(result);
  for (const int result : workers.imap_unordered(square, {4})) results.push_back(result);
  EXPECT_THAT(results, ElementsAre(1, 4, 9, 16));
}

TYPED_TEST(PoolCalls, ZipMakesTuplesOfRanges) {
  const std::vector<std::string> texts{"a", "b", "c"};
  EXPECT_THAT(this->pool.starmap(repeat, mp::zip(texts, std::vector{1, 2})),
              ElementsAre("a", "bb"));
}

#ifndef __clang__  // Clang 14 cannot compile libstdc++'s views
TYPED_TEST(PoolCalls, ImapGoesOnThroughRangeAdaptors) {
  std::vector<int> results;
  for (const int result : this->pool.imap(square, std::views::iota(1)) |
                              std::views::filter([](int x) { return x % 2; }) | std::views::take(3))
    results.push_back(result);
  EXPECT_THAT(results, ElementsAre(1, 9, 25));
}
#endif

TYPED_TEST(PoolCalls, OneResultIsCancelled) {
  auto& workers = this->pool;
  // More calls than workers can have begun, behind one that takes longer than this test.
  std::vector<mp::AsyncResult<int>> promised;
  auto slow =
      workers.map_async([](int) { std::this_thread::sleep_for(1s); }, {1, 2, 3, 4, 5, 6, 7, 8});
  for (int i = 0; i < 20; ++i) promised.push_back(workers.apply_async(square, i));
  EXPECT_TRUE(promised[7].cancel());
  EXPECT_TRUE(promised[7].cancel());
  EXPECT_TRUE(promised[7].ready());
  EXPECT_TRUE(promised[7].wait_for(0ms));
  EXPECT_THROW(promised[7].get(), mp::Cancelled);
  EXPECT_TRUE(slow.cancel());
  for (std::size_t i = 0; i < promised.size(); ++i)
    if (i != 7) {
      EXPECT_EQ(promised[i].get(), static_cast<int>(i * i));
    }
  auto ready = workers.apply_async(square, 9);
  ready.wait();
  EXPECT_FALSE(ready.cancel());
  EXPECT_EQ(ready.get(), 81);
  mp::AsyncResult<int> nothing;
  EXPECT_THROW(nothing.cancel(), std::logic_error);
}

TYPED_TEST(PoolCalls, ResultsComeAsTheyAreCompleted) {
  auto& workers = this->pool;
  std::vector<mp::AsyncResult<int>> promised;
  // The first waits until the others are answered, because one worker is enough for those.
  for (const int milliseconds : {300, 0, 0, 0})
    promised.push_back(workers.apply_async(
        [](int time) {
          std::this_thread::sleep_for(time * 1ms);
          return time;
        },
        milliseconds));
  std::vector<int> results;
  for (auto& result : mp::as_completed(promised)) results.push_back(result.get());
  EXPECT_THAT(results, UnorderedElementsAre(0, 0, 0, 300));
  std::vector<mp::AsyncResult<int>> none;
  for ([[maybe_unused]] auto& result : mp::as_completed(none)) FAIL() << "there is none";
}

TEST(AsCompleted, RefusesResultsOfDifferentPools) {
  mp::Pool one{1}, other{1};
  const auto slow = [] { std::this_thread::sleep_for(200ms); };
  std::vector<mp::AsyncResult<void>> promised;
  promised.push_back(one.apply_async(slow));
  promised.push_back(other.apply_async(slow));
  EXPECT_THROW(mp::as_completed(promised).begin(), std::invalid_argument);
}

TYPED_TEST(PoolCalls, AWholeBatchCanHaveALimit) {
  auto& workers = this->pool;
  const auto slow = [](int x) {
    std::this_thread::sleep_for(1s);
    return x;
  };
  EXPECT_THROW(workers.map(slow, {1, 2, 3, 4, 5, 6, 7, 8}, {.chunk_size = 1, .time_limit = 10ms}),
               mp::TimedOut);
  auto results = workers.imap(slow, {1, 2, 3, 4, 5, 6, 7, 8}, {.time_limit = 10ms});
  EXPECT_THROW(results.begin(), mp::TimedOut);
  EXPECT_THAT(workers.map(square, {1, 2}, {.time_limit = 1h}), ElementsAre(1, 4));
}

TYPED_TEST(PoolCalls, AnExceptionBringsItsCauses) {
  try {
    this->pool.apply([] {
      try {
        throw std::range_error{"too far"};
      } catch (...) {
        std::throw_with_nested(std::runtime_error{"cannot read"});
      }
    });
    FAIL() << "no exception";
  } catch (const mp::RemoteError& error) {
    EXPECT_EQ(error.type, "std::runtime_error");
    EXPECT_EQ(error.text, "cannot read; caused by std::range_error: too far");
  }
}

}  // namespace
