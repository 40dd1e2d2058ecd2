#include <sys/resource.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <forward_list>
#include <fstream>
#include <functional>
#include <limits>
#include <list>
#include <mutex>
#include <numeric>
#include <ranges>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <leftovers.hpp>
#include <mp/array.hpp>
#include <mp/process.hpp>
#include <start_methods.hpp>

namespace {

using course::NothingLeftOver;
using mp::Array;
using mp::Process;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

static_assert(std::ranges::contiguous_range<Array<int>>);
static_assert(std::ranges::sized_range<const Array<int>>);
static_assert(std::is_convertible_v<Array<int>&, std::span<int>>);
static_assert(std::is_convertible_v<const Array<int>&, std::span<const int>>);
static_assert(!std::is_convertible_v<const Array<int>&, std::span<int>>);

TEST(Array, TakesTheElementsOfAnyRange) {
  EXPECT_THAT(Array<int>(std::vector{1, 2, 3}), ElementsAre(1, 2, 3));
  EXPECT_THAT(Array<double>(std::list{1, 2, 3}), ElementsAre(1, 2, 3));
  EXPECT_THAT(Array<int>(std::forward_list{4, 5, 6}), ElementsAre(4, 5, 6));  // of unknown size
  EXPECT_THAT(Array<int>(3, 7), ElementsAre(7, 7, 7));
  EXPECT_THAT(Array<int>(std::vector<int>{}), IsEmpty());
  using Pairs = Array<std::pair<int, double>>;
  EXPECT_EQ((Pairs{{1, 1.5}, {2, 2.5}}[1]), (std::pair{2, 2.5}));
}

// Exceeding a limit on file size gives an error, like a full disk, not a signal that kills.
TEST(Array, BeyondTheLimitOnFilesIsAnError) {
  Process process{[] {
    const rlimit small{1 << 20, 1 << 20};
    mp::check(::setrlimit(RLIMIT_FSIZE, &small), "setrlimit");
    try {
      Array<char>(16 << 20);
    } catch (const std::system_error& error) {
      const std::string text = error.what();
      std::exit(error.code().value() == EFBIG && text.find("16777280") != text.npos ? 7 : 1);
    }
  }};
  EXPECT_EQ(process.join().code, 7);
}

// ---- Between processes ----

class ArrayUnder : public course::StartMethods {};
INSTANTIATE_TEST_SUITE_P(Each, ArrayUnder, course::every_start_method, course::method_name);

void negate(Array<int>& numbers) {
  for (auto& number : numbers) number = -number;
}

TEST_P(ArrayUnder, IsTheSameInEveryProcess) {
  start_server();
  const NothingLeftOver check;
  Array<int> numbers{1, 2, 3};
  EXPECT_TRUE(Process(options(), negate, std::ref(numbers)).join().success());
  EXPECT_THAT(numbers, ElementsAre(-1, -2, -3));
}

void add_to_all(Array<long>& counts, int times) {
  for (int i = 0; i < times; ++i) {
    const std::scoped_lock guard{counts};
    for (auto& count : counts) ++count;
  }
}

TEST_P(ArrayUnder, IsCorrectUnderItsLock) {
  constexpr int processes = 4, times = 20'000;
  Array<long> counts(6);
  std::vector<Process> all;
  for (int i = 0; i < processes; ++i)
    all.emplace_back(options(), add_to_all, std::ref(counts), times);
  for (auto& process : all) EXPECT_TRUE(process.join().success());
  EXPECT_THAT(counts, Each(processes * times));
}

void lock_and_die(Array<int>& numbers) {
  numbers.lock();
  numbers[0] = 7;
  ::raise(SIGKILL);
}

TEST_P(ArrayUnder, SaysOnceThatTheHolderDied) {
  Array<int> numbers(1);
  Process holder{options(), lock_and_die, std::ref(numbers)};
  EXPECT_EQ(holder.join().signal, SIGKILL);
  EXPECT_THROW(numbers.lock(), mp::OwnerDied);
  const std::scoped_lock guard{numbers};
  EXPECT_EQ(numbers[0], 7);
}

void expect_size(Array<double>& numbers, std::size_t size) {
  if (numbers.size() != size) throw std::runtime_error{"has another size"};
  if (size != 0) numbers.back() = 1.5;
}

TEST_P(ArrayUnder, MayHaveAnySize) {
  // The largest is 4 GiB, of which one page is used.
  for (const auto size :
       {std::size_t{0}, std::size_t{1}, std::size_t{100'000}, std::size_t{1} << 29}) {
    Array<double> numbers(size);
    EXPECT_TRUE(Process(options(), expect_size, std::ref(numbers), size).join().success());
    EXPECT_TRUE(size == 0 || numbers[size - 1] == 1.5);
  }
}

// ---- As a range ----

TEST(Array, StartsAsZerosOrAsTold) {
  EXPECT_THAT(Array<double>(1000), Each(0.0));
  EXPECT_THAT((Array<int>{3, 1, 2}), ElementsAre(3, 1, 2));
  EXPECT_THAT(Array<int>{}, IsEmpty());
  EXPECT_THAT(Array<int>(0), IsEmpty());
  EXPECT_EQ((Array<int>{5}.size()), 1u);  // as with std::vector
  EXPECT_EQ(Array<int>(5).size(), 5u);
}

TEST(Array, WorksWithAlgorithms) {
  Array<int> numbers{3, 1, 2};
  std::ranges::sort(numbers);
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3));
  EXPECT_EQ(std::accumulate(numbers.begin(), numbers.end(), 0), 6);
  std::iota(numbers.begin(), numbers.end(), 10);
  EXPECT_EQ(numbers.front(), 10);
  EXPECT_EQ(numbers.back(), 12);
  EXPECT_THAT(std::span{numbers}.subspan(1), ElementsAre(11, 12));
  const auto& constant = numbers;
  EXPECT_EQ(std::span<const int>{constant}.size(), 3u);
  EXPECT_EQ(constant[1], 11);
  EXPECT_EQ(constant.front() + constant.back(), 22);
}

TEST(Array, ChecksTheIndexWhereAsked) {
  Array<int> numbers{1, 2, 3};
  const auto& constant = numbers;
  numbers.at(2) = 30;
  EXPECT_EQ(constant.at(2), 30);
  EXPECT_THROW(Array<int>{}.at(0), std::out_of_range);
  try {
    (void)constant.at(3);
    ADD_FAILURE() << "there is no such element";
  } catch (const std::out_of_range& error) {
    EXPECT_STREQ(error.what(), "mp::Array: there is no element 3 among 3");
  }
}

TEST(Array, HoldsAtomics) {
  Array<std::atomic<int>> counters(2);
  ++counters[1];
  EXPECT_EQ(counters[0] + 10 * counters[1], 10);
}

TEST(Array, IsAlignedForItsType) {
  struct alignas(64) Line {
    char bytes[64];
  };
  const Array<Line> lines(2);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(lines.data()) % 64, 0u);
}

TEST(Array, CanBeMovedWhileHeld) {
  Array<int> numbers{1, 2};
  numbers.lock();
  Array<int> moved{std::move(numbers)};
  EXPECT_THAT(numbers, IsEmpty());
  EXPECT_THAT(moved, ElementsAre(1, 2));
  moved.unlock();
  numbers = Array<int>{3};
  numbers = std::move(moved);
  auto& same = numbers;
  numbers = std::move(same);
  EXPECT_THAT(numbers, ElementsAre(1, 2));
  EXPECT_THAT(moved, IsEmpty());
  const std::scoped_lock guard{numbers};
}

// ---- What may go wrong ----

TEST(Array, NamesTheSizeThatDoesNotFit) {
  constexpr auto max = std::numeric_limits<std::size_t>::max();
  for (const auto size : {max, max / 2, max / 8 + 1, std::size_t{1} << 60, std::size_t{1} << 59}) {
    try {
      const Array<double> numbers(size);
      ADD_FAILURE() << "there cannot be so much";
    } catch (const std::system_error& error) {
      // Too large in elements, or in bytes together with the lock.
      EXPECT_THAT(error.what(), testing::AnyOf(HasSubstr(std::to_string(size)),
                                               HasSubstr(std::to_string(8 * size + 64))));
    }
  }
}

long resident_kilobytes() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  return 0;
}

TEST(Array, TakesMemoryOnlyWhereTouched) {
  const auto before = resident_kilobytes();
  Array<double> numbers(std::size_t{1} << 30);  // 8 GiB
  numbers.back() = 1;
  EXPECT_LT(resident_kilobytes() - before, 10'000);
}

TEST(Array, DoesNotArriveFromMemoryOfAnotherSize) {
  EXPECT_THAT(mp::decode<Array<int>>(mp::encode(Array<int>{1, 2})), ElementsAre(1, 2));
  EXPECT_THROW(mp::decode<Array<double>>(mp::encode(Array<char>{1, 2, 3})), mp::MessageError);
}

TEST(Array, LeavesNothingBehind) {
  const NothingLeftOver check;
  for (int i = 0; i < 1000; ++i) {
    const Array<int> numbers{i};
    const auto arrived = mp::decode<Array<int>>(mp::encode(numbers));
    ASSERT_EQ(arrived[0], i);
  }
}

}  // namespace
