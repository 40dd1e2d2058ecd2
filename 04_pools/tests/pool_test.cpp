#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <leftovers.hpp>
#include <mp/lock.hpp>
#include <mp/pipe.hpp>
#include <mp/pool.hpp>
#include <mp/start.hpp>
#include <mp/transfer.hpp>
#include <mp/value.hpp>
#include <start_methods.hpp>

namespace {

using namespace std::chrono_literals;
using course::eventually;
using course::has_ended;
using course::NothingLeftOver;
using mp::AsyncResult;
using mp::Pool;
using mp::Process;
using mp::StartMethod;
using testing::ElementsAre;
using testing::HasSubstr;

// ---- Tasks ----

int square(int x) { return x * x; }
int add(int a, int b) { return a + b; }
pid_t own_pid(int) { return ::getpid(); }
std::string own_name(int) { return mp::this_process::name(); }

template <class T>
T echo(T value) {
  return value;
}

struct Point {
  int x = 0, y = 0;
  int sum() const { return x + y; }
  int sum_and(int z) const { return x + y + z; }
  virtual int kind() const { return 1; }
  Point() = default;
  Point(int first, int second) : x{first}, y{second} {}
  Point(const Point&) = default;
  Point& operator=(const Point&) = default;
  virtual ~Point() = default;
  bool operator==(const Point& other) const { return x == other.x && y == other.y; }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(x, y);
  }
};

int odd_ones_fail(int x) {
  if (x % 2 == 1) throw std::range_error{std::to_string(x)};
  return x;
}

enum Way { kill_itself, leave, abort_itself };
int die(Way way) {
  if (way == kill_itself) ::raise(SIGKILL);
  if (way == leave) std::exit(3);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  std::abort();
}

int sevens_die(int x) {
  if (x % 50 == 7) ::raise(SIGKILL);
  return x;
}

void count(mp::Value<int>& counter, int) {
  const std::scoped_lock guard{counter};
  ++*counter;
}

// Announces itself, then waits until the other end is closed.
int say_and_wait(mp::Connection connection) {
  connection.send(static_cast<int>(::getpid()));
  try {
    connection.recv<int>();
  } catch (const mp::EndOfFile&) {
  }
  return 1;
}

// Returns when that many have arrived here.
pid_t meet(mp::Value<std::atomic<int>>& here, int all) {
  ++*here;
  while (*here < all) std::this_thread::yield();
  return ::getpid();
}

// first, first + 1 … up to but not including end.
std::vector<int> numbers_from(int first, int end) {
  std::vector<int> numbers(static_cast<std::size_t>(end - first));
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

int initialised = 0;
void initialise(int value) { initialised += value; }

// Lazy input: make(0), make(1) …
template <class Make>
struct Made {
  struct Iterator {
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    const Make* make = nullptr;
    int number = 0;
    int operator*() const { return (*make)(number); }
    Iterator& operator++() {
      ++number;
      return *this;
    }
    void operator++(int) { ++number; }
    bool operator==(int end) const { return number == end; }
  };
  Iterator begin() const { return {&make, 0}; }
  int end() const { return count; }

  Make make;
  int count;
};
template <class Make>
Made(Make, int) -> Made<Make>;

// The processes of a pool.
std::vector<pid_t> workers_of(Pool& pool, int processes) {
  mp::Value<std::atomic<int>> here;
  return pool.map(mp::partial(meet, std::ref(here)),
                  std::vector<int>(static_cast<std::size_t>(processes), processes),
                  {.chunk_size = 1});
}

class Pools : public course::StartMethods {
 protected:
  // The first process may have to start the fork server.
  void SetUp() override {
    Process{daemon(), [] {}}.join();
  }
  static mp::PoolOptions of(int processes) {
    return {.processes = processes, .start_method = method()};
  }
};
INSTANTIATE_TEST_SUITE_P(Each, Pools, course::every_start_method, course::method_name);

template <class Call>
auto caught_by(const Call& call) {
  try {
    call();
  } catch (const mp::RemoteError& error) {
    return std::optional{error};
  }
  return std::optional<mp::RemoteError>{};
}

// ---- Calls and results ----

TEST_P(Pools, EveryWayGivesTheSameResults) {
  const NothingLeftOver nothing;
  Pool pool{of(3)};
  const std::vector numbers{1, 2, 3, 4, 5};
  const auto squares = ElementsAre(1, 4, 9, 16, 25);
  EXPECT_THAT(pool.map(square, numbers), squares);
  EXPECT_THAT(pool.map(square, numbers, {.chunk_size = 2}), squares);
  EXPECT_THAT(pool.map([](int x) { return x * x; }, numbers), squares);
  EXPECT_THAT(pool.map_async(square, numbers).get(), squares);
  EXPECT_THAT(
      pool.starmap(std::multiplies<>{},
                   std::vector<std::pair<int, int>>{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}}),
      squares);
  EXPECT_THAT(pool.starmap(add, std::vector{std::array{1, 0}, std::array{2, 2}}),
              ElementsAre(1, 4));
  EXPECT_THAT(pool.starmap_async(add, std::vector{std::tuple{1, 0}, std::tuple{2, 2}}).get(),
              ElementsAre(1, 4));
  std::vector<int> lazily, by_arrival;
  for (const int result : pool.imap(square, numbers, {.chunk_size = 2})) lazily.push_back(result);
  EXPECT_THAT(lazily, squares);
  for (const int result : pool.imap_unordered(square, numbers)) by_arrival.push_back(result);
  EXPECT_THAT(by_arrival, testing::UnorderedElementsAre(1, 4, 9, 16, 25));
  EXPECT_EQ(pool.apply(add, 1, 2), 3);
  EXPECT_EQ(pool.apply_async(add, 1, 2).get(), 3);
}

TEST_P(Pools, CarryWhatMessagesCarry) {
  const NothingLeftOver nothing;
  Pool pool{of(2)};
  const auto expect_echo = [&](const auto& value) {
    using T = std::decay_t<decltype(value)>;
    EXPECT_EQ(pool.apply(echo<T>, value), value);
  };
  expect_echo(-1.5);
  expect_echo(std::string{"a\0b", 3});
  expect_echo(std::tuple{42, std::optional<int>{}, std::string{"hello"}});
  expect_echo(std::map<std::string, std::vector<int>>{{"a", {1, 2}}, {"b", {}}});
  expect_echo(Point{3, 4});
  expect_echo(std::vector<bool>{true, false, true});
  EXPECT_THAT(pool.map([](bool b) { return !b; }, std::vector<bool>{true, false}),
              ElementsAre(false, true));
  EXPECT_EQ(pool.apply([](const char* text) { return std::string{text} + "!"; }, "text"), "text!");
  EXPECT_THAT(
      pool.map([](const char* text) { return std::string{text}.size(); }, std::vector{"a", "bc"}),
      ElementsAre(1, 2));
}

TEST_P(Pools, CarryWhatCanOnlyBeMoved) {
  const NothingLeftOver nothing;
  Pool pool{of(2)};
  const auto doubled = [](std::unique_ptr<int> x) { return std::make_unique<int>(2 * *x); };
  std::vector<std::unique_ptr<int>> numbers;
  for (int i = 0; i < 10; ++i) numbers.push_back(std::make_unique<int>(i));
  const auto results = pool.map(doubled, numbers);
  ASSERT_EQ(results.size(), 10U);
  EXPECT_EQ(*results[9], 18);
  EXPECT_EQ(*pool.apply_async(doubled, numbers[3]).get(), 6);
  std::vector<std::unique_ptr<int>> taken;
  for (auto& result : pool.imap(doubled, numbers)) taken.push_back(std::move(result));
  EXPECT_EQ(*taken[9], 18);
}

TEST_P(Pools, CarryDescriptorsBothWays) {
  const NothingLeftOver nothing;
  Pool pool{of(2)};
  auto [here, there] = mp::pipe();
  auto back = pool.apply(echo<mp::FileDescriptor>, there.descriptor());
  mp::Connection{std::move(back)}.send(7);
  EXPECT_EQ(here.recv<int>(), 7);
  // More than the kernel accepts at once, between others that carry none.
  std::vector<mp::FileDescriptor> many;
  for (int i = 0; i < 300; ++i) many.push_back(there.descriptor().duplicate());
  EXPECT_EQ(pool.apply([](const std::vector<mp::FileDescriptor>& all) { return all.size(); }, many),
            300U);
  EXPECT_EQ(pool.apply(
                    [](const std::vector<mp::FileDescriptor>& all) {
                      std::vector<mp::FileDescriptor> copies;
                      for (const auto& one : all) copies.push_back(one.duplicate());
                      return copies;
                    },
                    many)
                .size(),
            300U);
  EXPECT_EQ(pool.apply(square, 3), 9);
}

TEST_P(Pools, PartialBindsFunctionsLambdasAndMembers) {
  Pool pool{of(2)};
  const std::vector numbers{1, 2};
  EXPECT_THAT(pool.map(mp::partial(add, 10), numbers), ElementsAre(11, 12));
  EXPECT_THAT(
      pool.map(mp::partial([](const std::string& s, int n) { return s + std::to_string(n); }, "x"),
               numbers),
      ElementsAre("x1", "x2"));
  EXPECT_THAT(pool.map(mp::partial(&Point::sum_and, Point{1, 2}), numbers), ElementsAre(4, 5));
  EXPECT_EQ(pool.apply(mp::partial(&Point::kind, Point{})), 1);  // a virtual one
  EXPECT_THAT(pool.map(&Point::sum, std::vector{Point{1, 2}, Point{3, 4}}), ElementsAre(3, 7));
  EXPECT_THAT(pool.map(&Point::x, std::vector{Point{1, 2}, Point{3, 4}}), ElementsAre(1, 3));
  EXPECT_EQ(pool.apply(mp::partial(mp::partial(add, 1), 2)), 3);
  EXPECT_EQ(mp::partial(add, 1)(2), 3);  // and here, too
}

TEST_P(Pools, PartialRefersToWhatIsShared) {
  const NothingLeftOver nothing;
  mp::Value<int> counter{0};
  {
    Pool pool{of(2)};
    pool.map(mp::partial(count, std::ref(counter)), numbers_from(0, 100), {.chunk_size = 7});
  }
  EXPECT_EQ(*counter, 100);
}

TEST_P(Pools, ManyMegabytesBothWaysAtOnce) {
  Pool pool{of(2)};
  std::vector<std::vector<double>> blocks(8);
  for (std::size_t i = 0; i < blocks.size(); ++i)
    blocks[i].assign(1 << 20, static_cast<double>(i));  // 8 MiB each
  EXPECT_EQ(pool.map(echo<std::vector<double>>, blocks, {.chunk_size = 1}), blocks);
  EXPECT_EQ(pool.map_async(echo<std::vector<double>>, blocks).get(), blocks);
}

TEST(Pool, AMillionItems) {
  Pool pool{2};
  const auto numbers = numbers_from(0, 1'000'000);
  const auto results = pool.map([](int x) { return x + 1; }, numbers, {.chunk_size = 1});
  ASSERT_EQ(results.size(), 1'000'000U);
  int expected = 0;
  for (const int result : results) ASSERT_EQ(result, ++expected);
}

TEST(Pool, NothingToDoAndOneThing) {
  Pool pool{4};
  EXPECT_TRUE(pool.map(square, std::vector<int>{}).empty());
  EXPECT_TRUE(pool.map_async(square, std::vector<int>{}).get().empty());
  for (int result : pool.imap(square, std::vector<int>{})) ADD_FAILURE() << result;
  EXPECT_THAT(pool.map(square, std::vector{3}), ElementsAre(9));
  EXPECT_THAT(pool.map(square, std::vector{3}, {.chunk_size = 1000}), ElementsAre(9));
}

TEST(Pool, TakesInputOfUnknownLength) {
  Pool pool{2};
  const Made input{[](int i) { return i + 1; }, 4};
  static_assert(!std::ranges::sized_range<decltype(input)>);
  EXPECT_THAT(pool.map(square, input), ElementsAre(1, 4, 9, 16));
}

TEST(Pool, FunctionsMayReturnNothing) {
  mp::Value<int> counter{0};
  Pool pool{2};
  const auto step = mp::partial(count, std::ref(counter));
  const std::vector<int> ten(10);
  pool.apply(step, 0);
  pool.apply_async(step, 0).get();
  pool.map(step, ten);
  pool.map_async(step, ten).get();
  pool.starmap([](int, int) {}, std::vector{std::pair{1, 2}});
  int results = 0;
  for ([[maybe_unused]] const auto nothing : pool.imap(step, ten)) ++results;
  EXPECT_EQ(results, 10);
  EXPECT_EQ(*counter, 32);
}

TEST(Pool, RefusesSenselessNumbers) {
  EXPECT_THROW(Pool{0}, std::invalid_argument);
  EXPECT_THROW((Pool{{.processes = 1, .max_tasks_per_child = -1}}), std::invalid_argument);
  Pool pool{1};
  EXPECT_THROW(pool.map(square, std::vector{1}, {.chunk_size = -1}), std::invalid_argument);
}

// ---- Laziness ----

TEST(Pool, ImapTakesEndlessInputAsItIsNeeded) {
  Pool pool{2};
  const auto slowly = [](int i) {
    std::this_thread::sleep_for(1ms);
    return i;
  };
  int taken = 0;
  const Made numbers{[&taken](int i) {
                       ++taken;
                       return i;
                     },
                     std::numeric_limits<int>::max()};
  int results = 0;
  for (const int result : pool.imap(slowly, numbers)) {
    ASSERT_EQ(result, results);
    ASSERT_LE(taken, results + 16);
    if (++results == 100) break;
  }
  taken = 0;
  std::set<int> arrived;
  for (const int result : pool.imap_unordered(slowly, numbers)) {
    ASSERT_LE(taken, std::ssize(arrived) + 16);
    ASSERT_TRUE(arrived.insert(result).second);
    if (arrived.size() == 100) break;
  }
  // Dropped results do no harm.
  EXPECT_EQ(pool.apply(square, 3), 9);
}

mp::Connection gate;
constexpr int last_number = 200;
int last_waits_at_the_gate(int number) {
  return number < last_number || gate.poll(20s) ? number : -1;
}

// A worker sends many small answers together, but a finished one must not wait for an unfinished
// one.
TEST(Pool, AnAnswerIsNotHeldBackByALongTask) {
  for (int round = 0; round < 20; ++round) {
    auto [here, there] = mp::pipe();
    gate = std::move(there);
    // The worker inherits a copy of the gate, because tasks that carry descriptors are sent alone.
    Pool pool{{.processes = 1,
               .initializer = mp::partial([](mp::Connection& given) { gate = std::move(given); },
                                          std::ref(gate)),
               .start_method = StartMethod::fork}};
    int expected = 0;
    for (const int result : pool.imap(last_waits_at_the_gate, numbers_from(0, last_number + 1))) {
      ASSERT_EQ(result, expected++);
      if (expected == last_number) here.send(0);  // all others have been answered
    }
    EXPECT_EQ(expected, last_number + 1);
  }
}

TEST(Pool, ImapUnorderedGivesResultsAsTheyArrive) {
  Pool pool{2};
  auto [here, there] = mp::pipe();
  const auto first_waits = mp::partial(
      [](const mp::Connection& connection, int number) {
        if (number == 0) connection.poll(60s);
        return number;
      },
      std::ref(there));
  std::vector<int> arrived;
  for (const int number : pool.imap_unordered(first_waits, std::vector{0, 1, 2})) {
    arrived.push_back(number);
    if (arrived.size() == 2) here.close();
  }
  EXPECT_THAT(arrived, ElementsAre(1, 2, 0));
}

// Some calls wait until another one begins.
int wait_for_another(mp::Value<std::atomic<int>>& begun, int number) {
  const int own = ++*begun;
  while (number % 1000 == 500 && *begun <= own) std::this_thread::yield();
  return number;
}

TEST(Pool, WhatIsBehindALongTaskIsGivenToOthers) {
  Pool pool{2};
  mp::Value<std::atomic<int>> begun;
  const auto numbers = numbers_from(0, 3000);
  const auto results =
      pool.map(mp::partial(wait_for_another, std::ref(begun)), numbers, {.chunk_size = 1});
  EXPECT_TRUE(std::ranges::equal(results, numbers));
}

TEST(Pool, SlowTasksAreDealtOneByOne) {
  Pool pool{2};
  auto [here, there] = mp::pipe();
  std::vector<mp::FileDescriptor> connections;
  // The first task occupies one worker until the end, so the other worker does all others.
  auto slow = pool.apply_async(say_and_wait, there);
  there.close();
  ASSERT_TRUE(here.poll(60s));
  const int busy = here.recv<int>();
  const auto others = pool.map(own_pid, numbers_from(0, 40), {.chunk_size = 1});
  EXPECT_THAT(others, testing::Not(testing::Contains(busy)));
  here.close();
  EXPECT_EQ(slow.get(), 1);
}

// ---- Asynchronous results ----

TEST(Pool, ResultsMayBeTakenInAnyOrder) {
  Pool pool{2};
  auto first = pool.map_async(square, std::vector{1, 2, 3});
  auto second = pool.map_async(square, std::vector{4, 5, 6});
  auto third = pool.apply_async(add, 1, 2);
  EXPECT_EQ(third.get(), 3);
  EXPECT_THAT(second.get(), ElementsAre(16, 25, 36));
  EXPECT_THAT(first.get(), ElementsAre(1, 4, 9));
  EXPECT_THROW(first.get(), std::logic_error);
}

TEST(Pool, WaitingHasALimit) {
  Pool pool{1};
  auto [here, there] = mp::pipe();
  auto result = pool.apply_async(say_and_wait, there);
  there.close();
  EXPECT_FALSE(result.ready());
  EXPECT_THROW(result.get(10ms), mp::TimedOut);
  EXPECT_FALSE(result.wait_for(1ms));
  EXPECT_THROW(result.wait_for(mp::Seconds{std::nan("")}), std::invalid_argument);
  ASSERT_TRUE(here.poll(60s));
  here.recv<int>();
  here.close();
  EXPECT_TRUE(result.wait_for(60s));
  EXPECT_TRUE(result.ready());
  EXPECT_EQ(result.get(60s), 1);
}

TEST(Pool, WorksWhileNoThreadWaits) {
  mp::Value<int> counter{0};
  Pool pool{2};
  const auto step = mp::partial(
      [](mp::Value<int>& value, int) {
        count(value, 0);
        return std::string(100'000, 'x');
      },
      std::ref(counter));
  auto later = pool.map_async(step, std::vector<int>(200), {.chunk_size = 1});
  EXPECT_TRUE(eventually([&] {
    const std::scoped_lock guard{counter};
    return *counter == 200;
  }));
  EXPECT_EQ(later.get().size(), 200U);
}

TEST(Pool, ThreadsMayShareIt) {
  Pool pool{2};
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        if (pool.apply(add, t, i) != t + i) ++wrong;
        if (pool.map_async(square, std::vector{t, i}).get() != std::vector{t * t, i * i}) ++wrong;
        if (pool.map(square, std::vector{t, i}) != std::vector{t * t, i * i}) ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

static_assert(!std::is_copy_constructible_v<AsyncResult<int>>);
static_assert(!std::is_copy_assignable_v<AsyncResult<int>>);

TEST(Pool, AResultThatWasMovedAwayIsAnError) {
  Pool pool{1};
  AsyncResult<std::vector<int>> none;
  EXPECT_THROW(none.get(), std::logic_error);
  EXPECT_THROW(none.ready(), std::logic_error);
  auto first = pool.map_async(square, std::vector{1, 2, 3});
  none = std::move(first);
  EXPECT_THROW(first.get(), std::logic_error);  // NOLINT(bugprone-use-after-move)
  EXPECT_THROW(first.wait(), std::logic_error);
  EXPECT_THROW(first.wait_for(1ms), std::logic_error);
  EXPECT_THAT(none.get(), ElementsAre(1, 4, 9));
}

TEST(Pool, OptionsServeForSeveralPools) {
  const mp::PoolOptions options{.processes = 1, .initializer = mp::partial(initialise, 5)};
  for (const auto& each : {options, options}) {  // two copies
    Pool pool{each};
    EXPECT_EQ(pool.apply([] { return initialised; }), 5);
  }
}

TEST(Pool, TakesTheElementsOfAMap) {
  Pool pool{2};
  const std::map<int, std::string> words{{1, "one"}, {2, "three"}};
  const auto length = [](const std::pair<const int, std::string>& word) {
    return word.first * static_cast<int>(word.second.size());
  };
  EXPECT_THAT(pool.map(length, words), ElementsAre(3, 10));
  EXPECT_THAT(
      pool.starmap(
          [](int number, const std::string& word) { return word + "-" + std::to_string(number); },
          words),
      ElementsAre("one-1", "three-2"));
}

// ---- Errors ----

TEST_P(Pools, AnExceptionComesBackByName) {
  const NothingLeftOver nothing;
  Pool pool{of(1)};
  const auto error = caught_by([&] { pool.apply(odd_ones_fail, 5); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->type, "std::range_error");
  EXPECT_EQ(error->text, "5");
  EXPECT_EQ(error->worker, "Worker-1");
  EXPECT_EQ(pool.apply(odd_ones_fail, 4), 4);
  EXPECT_EQ(caught_by([&] { pool.apply([] { throw 7; }); }).value().type, "int");
}

TEST(Pool, AFailedCallLeavesTheOthersAlone) {
  mp::Value<int> counter{0};
  Pool pool{2};
  const auto step = mp::partial(
      [](mp::Value<int>& calls, int x) {
        count(calls, x);
        return odd_ones_fail(x);
      },
      std::ref(counter));
  for (const std::ptrdiff_t chunk_size : {1, 3, 100}) {
    const auto error =
        caught_by([&] { pool.map(step, numbers_from(2, 22), {.chunk_size = chunk_size}); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text, "3");  // the first in input order
  }
  EXPECT_EQ(*counter, 60);  // all calls were made

  auto results = pool.imap(odd_ones_fail, numbers_from(0, 10), {.chunk_size = 4});
  std::vector<int> good, bad;
  for (auto result = results.begin(); result != results.end(); ++result) {
    try {
      good.push_back(*result);
    } catch (const mp::RemoteError& error) {
      bad.push_back(std::stoi(error.text));
    }
  }
  EXPECT_THAT(good, ElementsAre(0, 2, 4, 6, 8));
  EXPECT_THAT(bad, ElementsAre(1, 3, 5, 7, 9));
}

TEST(Pool, AResultThatCannotBeWrittenIsAnError) {
  struct Unwilling {
    int x = 0;
    void save(mp::Writer&) const { throw std::domain_error{"no"}; }
    void load(mp::Reader&) {}
  };
  Pool pool{1};
  EXPECT_EQ(caught_by([&] { pool.apply([] { return Unwilling{}; }); }).value().text, "no");
  EXPECT_EQ(pool.apply(square, 3), 9);
}

// What an archive registers while it writes or reads a value must not outlive the value.
struct Versioned {
  int x = 0, y = 0;
  bool operator==(const Versioned&) const = default;
  template <class Archive>
  void serialize(Archive& archive, std::uint32_t) {
    archive(x, y);
  }
};
struct Half {
  std::vector<Versioned> points{};
  std::shared_ptr<int> shared{};
  int number = 0;
  mp::FileDescriptor descriptor{};
  void save(mp::Writer& writer) const {
    writer(points, shared, descriptor);
    if (number == 1) throw std::runtime_error{"1 cannot be written"};
    writer(number);
  }
  void load(mp::Reader& reader) {
    reader(points, shared, descriptor, number);
    if (number == 2) throw std::runtime_error{"2 cannot be read"};
  }
};
Half half(int number) {
  static const auto shared = std::make_shared<int>(42);
  Half result{{{number, number}, {number, number}}, shared, number, {}};
  result.descriptor = mp::FileDescriptor{::dup(2)};
  return result;
}

TEST(Pool, AResultThatFailsLeavesTheOthersOfItsChunkAlone) {
  const NothingLeftOver nothing;
  for (const std::ptrdiff_t chunk_size : {1, 2, 6}) {
    Pool pool{1};
    auto results = pool.imap(half, numbers_from(0, 6), {.chunk_size = chunk_size});
    std::vector<int> good;
    for (auto result = results.begin(); result != results.end(); ++result) {
      try {
        const int number = (*result).number;
        EXPECT_EQ((*result).points,
                  (std::vector{Versioned{number, number}, Versioned{number, number}}));
        EXPECT_EQ(*(*result).shared, 42);
        EXPECT_TRUE((*result).descriptor);
        good.push_back(number);
      } catch (const std::exception&) {
      }
    }
    EXPECT_THAT(good, ElementsAre(0, 3, 4, 5));
  }
}

TEST(Pool, AnArgumentThatCannotBeReadIsAnError) {
  struct Unreadable {
    void save(mp::Writer& writer) const { writer(1); }
    void load(mp::Reader&) { throw std::domain_error{"no"}; }
  };
  Pool pool{1};
  EXPECT_EQ(caught_by([&] { pool.apply([](const Unreadable&) {}, Unreadable{}); }).value().text,
            "no");
  EXPECT_EQ(pool.apply(square, 3), 9);
}

TEST(Pool, InputThatThrowsLeavesNothingBehind) {
  Pool pool{2};
  const auto fails = [](int i) {
    if (i == 50) throw std::out_of_range{"input"};
    return i;
  };
  for (int round = 0; round < 3; ++round) {
    const Made input{fails, 100};
    EXPECT_THROW(pool.map(square, input, {.chunk_size = 1}), std::out_of_range);
    EXPECT_THROW((void)pool.map_async(square, input), std::out_of_range);
    EXPECT_THROW(
        {
          for ([[maybe_unused]] const int result : pool.imap(square, input)) continue;
        },
        std::out_of_range);
    EXPECT_EQ(pool.apply(square, 3), 9);
  }
}

// ---- Workers that die ----

TEST_P(Pools, AWorkerThatDiesIsReplaced) {
  const NothingLeftOver nothing;
  Pool pool{of(2)};
  for (const Way way : {kill_itself, leave, abort_itself}) {
    try {
      pool.apply(die, way);
      FAIL();
    } catch (const mp::WorkerDied& error) {
      EXPECT_GT(error.pid, 0);
      EXPECT_EQ(error.status,
                (way == leave ? mp::ExitStatus{.code = 3, .signal = {}}
                              : mp::ExitStatus{.code = {},
                                               .signal = way == kill_itself ? SIGKILL : SIGABRT}));
      EXPECT_THAT(error.what(), HasSubstr("Worker-"));
    }
    EXPECT_EQ(pool.apply(square, 3), 9);
  }
}

TEST_P(Pools, AWorkerKilledWhileIdleIsNotMissed) {
  const NothingLeftOver nothing;
  Pool pool{of(2)};
  for (int round = 0; round < 5; ++round) {
    for (const pid_t worker : workers_of(pool, 2)) {
      ::kill(worker, SIGKILL);
      ASSERT_TRUE(eventually([&] { return has_ended(worker); }));
    }
    EXPECT_THAT(pool.map(square, std::vector{1, 2, 3}), ElementsAre(1, 4, 9));
  }
}

TEST_P(Pools, TwentyKillsLoseTwentyTasks) {
  const NothingLeftOver nothing;
  Pool pool{of(3)};
  auto results = pool.imap(sevens_die, numbers_from(0, 1000));
  int expected = 0, lost = 0;
  for (auto result = results.begin(); result != results.end(); ++result, ++expected) {
    try {
      ASSERT_EQ(*result, expected);
    } catch (const mp::WorkerDied&) {
      EXPECT_EQ(expected % 50, 7);
      ++lost;
    }
  }
  EXPECT_EQ(expected, 1000);
  EXPECT_EQ(lost, 20);
  EXPECT_THROW(pool.map(sevens_die, numbers_from(0, 1000)), mp::WorkerDied);
  EXPECT_THAT(pool.map(square, std::vector{1, 2, 3}), ElementsAre(1, 4, 9));
}

TEST(Pool, TwentyKillsFromOutside) {
  const NothingLeftOver nothing;
  Pool pool{2};
  std::atomic<bool> done = false;
  std::thread killer{[&] {
    for (int kills = 0; kills < 20 && !done;) {
      const auto workers = course::descendants();
      if (workers.empty()) continue;
      ::kill(workers[static_cast<std::size_t>(kills) % workers.size()], SIGKILL);
      ++kills;
      std::this_thread::sleep_for(5ms);
    }
    done = true;
  }};
  int rounds = 0;
  while (!done || rounds == 0) {
    ++rounds;
    std::set<int> seen;
    int lost = 0;
    auto results = pool.imap([](int x) { return x; }, numbers_from(0, 20'000));
    for (auto result = results.begin(); result != results.end(); ++result) {
      try {
        EXPECT_TRUE(seen.insert(*result).second);
      } catch (const mp::WorkerDied&) {
        ++lost;
      }
    }
    EXPECT_EQ(static_cast<int>(seen.size()) + lost, 20'000);
    EXPECT_LE(lost, 20);
  }
  killer.join();
  EXPECT_EQ(pool.apply(square, 3), 9);
}

TEST(Pool, ADeadWorkerLosesItsChunkAndNoMore) {
  Pool pool{1};
  auto results = pool.imap(sevens_die, numbers_from(0, 20), {.chunk_size = 5});
  std::vector<int> good;
  int lost = 0;
  for (auto result = results.begin(); result != results.end(); ++result) {
    try {
      good.push_back(*result);
    } catch (const mp::WorkerDied&) {
      ++lost;
    }
  }
  EXPECT_EQ(lost, 5);
  EXPECT_EQ(good.size(), 15U);
}

TEST(Pool, ATaskMayCloseAllDescriptors) {
  Pool pool{1};
  EXPECT_EQ(pool.apply([] {
    ::close_range(2, ~0U, 0);
    return 1;
  }),
            1);  // the worker's last task
  EXPECT_EQ(pool.apply(own_name, 0), "Worker-2");
}

TEST(Pool, AGrandchildThatLivesOnDoesNotHideADeath) {
  Pool pool{1};
  auto [here, there] = mp::pipe();
  EXPECT_THROW(
      pool.apply(
          [](mp::Connection connection) {
            if (::fork() == 0) {  // the grandchild has copies of all the worker's descriptors
              say_and_wait(std::move(connection));
              ::_exit(0);
            }
            ::raise(SIGKILL);
          },
          there),
      mp::WorkerDied);
  there.close();
  EXPECT_EQ(pool.apply(square, 3), 9);
  ASSERT_TRUE(here.poll(60s));
  const pid_t grandchild = here.recv<int>();
  here.close();
  EXPECT_TRUE(eventually([&] { return has_ended(grandchild); }));
}

TEST(Pool, AWorkerThatOnlyClosesItsSocketDoesNotDelayOtherPools) {
  Pool pool{1}, other{1};
  auto [here, there] = mp::pipe();
  auto silent = pool.apply_async(
      [](const mp::Connection& connection) {
        const int kept = 100;
        ::dup2(connection.descriptor().get(), kept);
        ::close_range(3, kept - 1, 0);
        ::close_range(kept + 1, ~0U, 0);
        ::write(kept, "", 1);
        ::pause();
      },
      there);
  ASSERT_TRUE(here.poll(60s));
  // The worker gets a second, which is long enough for these.
  for (int i = 0; i < 20; ++i) ASSERT_EQ(other.apply(square, i), i * i);
  EXPECT_FALSE(silent.ready());
  EXPECT_THROW(silent.get(), mp::WorkerDied);
  EXPECT_EQ(pool.apply(square, 3), 9);
}

// Writes the beginning of a reply of 2^60 bytes to the socket of its worker.
std::string write_to_the_socket(std::size_t size) {
  const mp::detail::TransferHeader header{.position = 0, .bytes = std::uint64_t{1} << 60};
  for (const int number : course::open_descriptors())
    ::send(number, &header, sizeof header, MSG_NOSIGNAL | MSG_DONTWAIT);
  return std::string(size, 'x');
}

TEST(Pool, ATaskThatWritesToTheSocketOfItsWorkerHarmsNoReply) {
  // A small reply is in shared memory, but a large one would come through the socket.
  Pool pool{{.processes = 1, .start_method = StartMethod::fork}};
  EXPECT_THROW(pool.apply(write_to_the_socket, std::size_t{1} << 20), mp::MessageError);
  EXPECT_EQ(pool.apply(square, 3), 9);
  try {
    EXPECT_EQ(pool.apply(write_to_the_socket, 1), "x");
  } catch (const mp::MessageError&) {  // noticed before the reply
  }
  for (std::string name; name != "Worker-3";) {  // once noticed, the worker is replaced
    try {
      name = pool.apply(own_name, 0);
    } catch (const mp::MessageError&) {
    }
  }
}

TEST(Transfers, TakeMemoryAsBytesArrive) {
  mp::detail::SocketPair pair;
  const mp::detail::TransferHeader header{.position = 0, .bytes = std::uint64_t{1} << 60};
  ASSERT_EQ(::send(pair.there.get(), &header, sizeof header, 0), ssize_t{sizeof header});
  mp::detail::Incoming incoming;
  using State = mp::detail::Incoming::State;
  EXPECT_EQ(incoming.receive(pair.here, 0), State::part);
  EXPECT_EQ(incoming.receive(pair.here, MSG_DONTWAIT), State::nothing);
}

TEST(Pool, WhatCannotBeSentIsAnError) {
  const NothingLeftOver nothing;
  Pool pool{1};
  auto [here, there] = mp::pipe();
  auto before = pool.apply_async(say_and_wait, there);
  there.close();
  ASSERT_TRUE(here.poll(60s));
  // The waiting task carries a descriptor, which is closed behind the pool's back.
  const auto descriptors = course::open_descriptors();
  auto unsendable = pool.apply_async(echo<mp::FileDescriptor>, here.descriptor());
  auto behind = pool.map_async(square, std::vector{1, 2, 3});
  for (const int number : course::open_descriptors())
    if (!std::ranges::binary_search(descriptors, number)) ::close(number);
  here.close();
  EXPECT_THROW(unsendable.get(), std::system_error);
  EXPECT_EQ(before.get(), 1);
  EXPECT_THAT(behind.get(), ElementsAre(1, 4, 9));
}

std::size_t take_memory(std::size_t size) { return std::vector<char>(size).size(); }

TEST(Pool, RunningOutOfMemoryIsAnError) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer ends a program that asks for so much memory";
#endif
  Pool pool{1};
  const auto error = caught_by([&] { pool.apply(take_memory, std::size_t{1} << 60); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->type, "std::bad_alloc");
}

// ---- Lifetime of workers ----

TEST_P(Pools, TheInitializerRunsOnceInEveryWorker) {
  const NothingLeftOver nothing;
  Pool pool{{.processes = 2,
             .initializer = mp::partial(initialise, 5),
             .max_tasks_per_child = 3,
             .start_method = method()}};
  const auto values =
      pool.map([](int) { return initialised; }, numbers_from(0, 20), {.chunk_size = 1});
  EXPECT_THAT(values, testing::Each(5));
  EXPECT_THROW(pool.apply(die, kill_itself), mp::WorkerDied);
  EXPECT_EQ(pool.apply([] { return initialised; }), 5);
}

TEST_P(Pools, AnInitializerThatThrowsEndsEverything) {
  const NothingLeftOver nothing;
  Pool pool{{.processes = 2,
             .initializer = [] { throw std::runtime_error{"no licence"}; },
             .start_method = method()}};
  EXPECT_EQ(caught_by([&] { pool.apply(square, 3); }).value().text, "no licence");
  EXPECT_EQ(caught_by([&] { pool.map(square, std::vector{1, 2}); }).value().text, "no licence");
  EXPECT_EQ(caught_by([&] { pool.apply_async(square, 3).get(); }).value().text, "no licence");
}

bool refuses = false;

TEST(Pool, WhatStillRunsInABrokenPoolIsAwaitedWithoutSpinning) {
  const NothingLeftOver nothing;
  Pool pool{{.processes = 2,
             .initializer =
                 [] {
                   if (refuses) throw std::runtime_error{"no licence"};
                 },
             .start_method = mp::StartMethod::fork}};
  auto [here, there] = mp::pipe();
  auto lasting = pool.apply_async(
      [](mp::Connection from) {
        from.recv<bool>();
        std::this_thread::sleep_for(1s);
        return 1;
      },
      there);
  refuses = true;  // the next worker, which replaces this one
  EXPECT_THROW(pool.apply(die, kill_itself), mp::WorkerDied);
  EXPECT_EQ(caught_by([&] { pool.apply(square, 3); }).value().text, "no licence");
  here.send(true);
  const auto before = std::clock();
  EXPECT_EQ(lasting.get(), 1);
  EXPECT_LT(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC, 0.1);
  refuses = false;
}

TEST_P(Pools, WorkersThatDieAtOnceAreNotReplacedForever) {
  const NothingLeftOver nothing;
  Pool pool{{.processes = 2, .initializer = [] { ::_exit(4); }, .start_method = method()}};
  EXPECT_THROW(pool.apply(square, 3), mp::WorkerDied);
  EXPECT_THROW(pool.map_async(square, std::vector{1, 2}).get(), mp::WorkerDied);
}

TEST_P(Pools, MaxTasksPerChild) {
  const NothingLeftOver nothing;
  Pool pool{{.processes = 2, .max_tasks_per_child = 2, .start_method = method()}};
  const auto pids = pool.map(own_pid, numbers_from(0, 10), {.chunk_size = 1});
  std::map<pid_t, int> calls;
  for (const pid_t pid : pids) ++calls[pid];
  EXPECT_THAT(calls, testing::Each(testing::Pair(testing::_, testing::Le(2))));
}

TEST(Pool, AChunkIsFinishedThoughItHasMoreThanMaxTasksPerChild) {
  Pool pool{{.processes = 1, .max_tasks_per_child = 2}};
  std::map<std::string, int> calls;
  for (const auto& name : pool.map(own_name, numbers_from(0, 10), {.chunk_size = 5})) ++calls[name];
  EXPECT_THAT(calls, ElementsAre(testing::Pair("Worker-1", 5), testing::Pair("Worker-2", 5)));
}

// Task 200 is slow.
std::string own_name_after_a_while(int number) {
  if (number == 200) std::this_thread::sleep_for(200ms);
  return mp::this_process::name();
}

TEST(Pool, WhatIsTakenBackDoesNotCountAsATask) {
  Pool pool{{.processes = 1, .max_tasks_per_child = 300}};
  std::map<std::string, int> calls;
  for (const auto& name : pool.imap(own_name_after_a_while, numbers_from(0, 900))) ++calls[name];
  EXPECT_THAT(calls, ElementsAre(testing::Pair("Worker-1", 300), testing::Pair("Worker-2", 300),
                                 testing::Pair("Worker-3", 300)));
}

TEST(Pool, AWorkerThatCannotBeStartedIsNotTriedAllTheTime) {
  const NothingLeftOver nothing;
  Pool pool{2};
  ::kill(workers_of(pool, 2).front(), SIGKILL);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{5, limit.rlim_max};  // no new descriptors, but enough for poll
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  for (int i = 0; i < 2000; ++i) {
    try {
      ASSERT_EQ(pool.apply(square, 3), 9);
    } catch (const mp::WorkerDied&) {
    }
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(workers_of(pool, 2).size(), 2U);  // there are two again
  std::vector<int> numbers;
  for (const auto& name : pool.map(own_name, numbers_from(0, 10), {.chunk_size = 1}))
    numbers.push_back(std::stoi(name.substr(name.find('-') + 1)));
  EXPECT_LT(std::ranges::max(numbers), 100);  // each attempt has a new number
}

TEST_P(Pools, MakesDoWithTheWorkersThatThereAreDescriptorsFor) {
  const NothingLeftOver nothing;
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit few{64, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  {
    Pool pool{of(100)};
    EXPECT_THAT(pool.map(square, std::vector{1, 2, 3}), ElementsAre(1, 4, 9));
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST(Pool, EndsInTheMiddleOfWork) {
  const NothingLeftOver nothing;
  auto [here, there] = mp::pipe();
  std::optional<AsyncResult<int>> given_up, unfinished;
  std::optional<AsyncResult<std::vector<int>>> done;
  const auto start = std::chrono::steady_clock::now();
  {
    Pool pool{1};
    done = pool.map_async(square, std::vector{1, 2});
    done->wait();
    unfinished = pool.apply_async(say_and_wait, there);
    given_up = pool.apply_async(square, 3);
    there.close();
    ASSERT_TRUE(here.poll(60s));  // it has begun and does not end
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
  EXPECT_THROW(unfinished->get(), mp::PoolClosed);
  EXPECT_THROW(given_up->get(), mp::PoolClosed);
  EXPECT_THAT(done->get(), ElementsAre(1, 4));
}

TEST(Pool, EndsWhileAThreadWaitsForItsResult) {
  const NothingLeftOver nothing;
  const auto expect_closed = [](const auto& wait_for_result) {
    auto [here, there] = mp::pipe();
    auto pool = std::make_unique<Pool>(1);
    std::thread waiter{[&wait_for_result, &used = *pool, &to = there] {
      EXPECT_THROW(wait_for_result(used, std::move(to)), mp::PoolClosed);
    }};
    EXPECT_TRUE(here.poll(60s));  // the task has begun and does not end
    pool.reset();
    waiter.join();
  };
  expect_closed([](Pool& pool, mp::Connection to) { pool.apply(say_and_wait, to); });
  expect_closed([](Pool& pool, mp::Connection to) { pool.apply_async(say_and_wait, to).get(); });
}

TEST(Pool, LazyResultsDoNotOutliveIt) {
  const NothingLeftOver nothing;
  const auto expect_closed = [](auto& results) {
    auto result = results.begin();
    EXPECT_THROW(*result, mp::PoolClosed);
    EXPECT_THROW(++result, mp::PoolClosed);  // the next number would go to the pool
  };
  auto ordered = Pool{2}.imap(square, numbers_from(0, 1000));
  expect_closed(ordered);
  auto by_arrival = Pool{2}.imap_unordered(square, numbers_from(0, 1000));
  expect_closed(by_arrival);
}

TEST(Pool, AnExceptionInTheParentEndsItsWork) {
  auto [here, there] = mp::pipe();
  EXPECT_THROW(
      {
        Pool pool{2};
        auto result = pool.apply_async(say_and_wait, there);
        there.close();
        here.poll(60s);
        throw std::runtime_error{"elsewhere"};
      },
      std::runtime_error);
  here.recv<int>();
  EXPECT_THROW(here.recv<int>(), mp::EndOfFile);  // the worker is gone
}

TEST_P(Pools, WorkersEndWithTheirParent) {
  const NothingLeftOver nothing;
  auto [here, there] = mp::pipe();
  Process parent{options(),
                 [](StartMethod start_method, mp::Connection to) {
                   Pool pool{{.processes = 2, .start_method = start_method}};
                   to.send(workers_of(pool, 2));
                   pool.map([](int) { ::pause(); }, numbers_from(0, 100));
                 },
                 method(), std::move(there)};
  const auto workers = here.recv<std::vector<pid_t>>();
  parent.kill();
  parent.join();
  const auto start = std::chrono::steady_clock::now();
  for (const pid_t worker : workers) EXPECT_TRUE(eventually([&] { return has_ended(worker); }));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);  // the kernel ends them at once
}

TEST_P(Pools, CtrlCEndsAllOfThemQuietly) {
  const NothingLeftOver nothing;
  course::Pipe errors;
  auto [here, there] = mp::pipe();
  Process parent{options(),
                 [](StartMethod start_method, mp::Connection to, mp::FileDescriptor error_output) {
                   ::setpgid(0, 0);  // as a shell does for a command in a terminal
                   std::signal(SIGINT, SIG_DFL);
                   ::dup2(error_output.get(), STDERR_FILENO);
                   error_output.close();
                   Pool pool{{.processes = 2, .start_method = start_method}};
                   to.send(workers_of(pool, 2));
                   pool.map([](int) { ::pause(); }, numbers_from(0, 100));
                 },
                 method(), std::move(there), std::move(errors.write)};
  const auto workers = here.recv<std::vector<pid_t>>();
  ::kill(-parent.pid(), SIGINT);
  EXPECT_EQ(parent.join().signal, SIGINT);
  for (const pid_t worker : workers) EXPECT_TRUE(eventually([&] { return has_ended(worker); }));
  EXPECT_EQ(course::read_all(errors.read), "");
}

bool program_ignores_ctrl_c() {
  std::FILE* const output = ::popen("grep SigIgn /proc/self/status", "re");
  unsigned long ignored = 0;
  if (!output || std::fscanf(output, "SigIgn: %lx", &ignored) != 1)
    throw std::runtime_error{"grep does not tell"};
  ::pclose(output);
  return (ignored >> (SIGINT - 1) & 1) != 0;
}

TEST(Pool, WhatATaskStartsIgnoresCtrlCOnlyIfThisProgramDoes) {
  for (const bool ignored : {false, true}) {
    const auto before = std::signal(SIGINT, ignored ? SIG_IGN : SIG_DFL);
    Pool pool{{.processes = 1, .start_method = StartMethod::fork}};
    EXPECT_EQ(pool.apply(program_ignores_ctrl_c), ignored);
    std::signal(SIGINT, before);
  }
}

// Reads with a system call after it has sent its pid.
ssize_t read_a_byte(mp::Connection connection) {
  connection.send(static_cast<int>(::getpid()));
  char byte = 0;
  return ::read(connection.descriptor().get(), &byte, 1);
}

TEST(Pool, CtrlCDoesNotInterruptATask) {
  Pool pool{1};
  auto [here, there] = mp::pipe();
  auto result = pool.apply_async(read_a_byte, there);
  ASSERT_TRUE(here.poll(60s));
  const pid_t worker = here.recv<int>();
  ASSERT_TRUE(eventually([&] { return course::process_state(worker).state == 'S'; }));
  ::kill(worker, SIGINT);
  here.send(0);
  EXPECT_EQ(result.get(), 1);
}

TEST(Pool, AThousandPoolsLeaveNothing) {
  const NothingLeftOver nothing;
  for (int i = 0; i < 1000; ++i) {
    Pool pool{2};
    if (i % 3 == 0) {
      ASSERT_EQ(pool.apply(square, i % 100), (i % 100) * (i % 100));
    }
    if (i % 3 == 1) (void)pool.apply_async(square, 2);
  }
}

TEST(Pool, KeepsNoLargeValues) {
  const auto bytes_in_use = [] {
    const auto heap = ::mallinfo2();
    return heap.uordblks + heap.hblkhd;
  };
  Pool pool{2};
  const std::vector<std::string> large(10, std::string(1'000'000, 'x')),
      small(100, std::string(5'000, 'x'));
  const auto before = bytes_in_use();
  EXPECT_EQ(pool.map(echo<std::string>, large), large);
  EXPECT_EQ(pool.map(echo<std::string>, small), small);
  EXPECT_LT(bytes_in_use(), before + 100'000);
}

TEST(Pool, BelongsToTheProcessThatMadeIt) {
  const NothingLeftOver nothing;
  auto pool = std::make_unique<Pool>(2);
  pool->map_async(square, std::vector{1}).get();  // now the pool has a thread, too
  Process child{[&] {
    EXPECT_THROW(pool->apply(square, 3), std::logic_error);
    pool.reset();
    Pool own{1};  // the child may have its own
    std::exit(own.apply(square, 3) == 9 ? 0 : 5);
  }};
  EXPECT_TRUE(child.join().success());
  EXPECT_EQ(pool->apply(square, 3), 9);
}

TEST(Pool, AWorkerMayHaveAPool) {
  const NothingLeftOver nothing;
  Pool pool{2};
  EXPECT_THAT(pool.map(
                  [](int x) {
                    Pool inner{2};
                    const auto squares = inner.map(square, std::vector{x, x + 1});
                    return squares[0] + squares[1];
                  },
                  std::vector{1, 2}),
              ElementsAre(5, 13));
}

TEST(Pool, NamesItsWorkers) {
  Pool pool{1};
  EXPECT_EQ(pool.apply(own_name, 0), "Worker-1");
  EXPECT_THROW(pool.apply(die, kill_itself), mp::WorkerDied);
  EXPECT_EQ(pool.apply(own_name, 0), "Worker-2");
}

}  // namespace
