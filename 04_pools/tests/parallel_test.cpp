#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <istream>
#include <iterator>
#include <list>
#include <memory>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <leftovers.hpp>
#include <mp/array.hpp>
#include <mp/parallel.hpp>
#include <mp/pipe.hpp>
#include <start_methods.hpp>

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

std::vector<int> numbers(int first, int end) {
  std::vector<int> result(static_cast<std::size_t>(end - first));
  std::iota(result.begin(), result.end(), first);
  return result;
}

class Parallel : public testing::Test {
 protected:
  course::NothingLeftOver nothing_left_over_;
};

// ---- Functions, items, results ----

TEST_F(Parallel, GivesResultsInOrder) {
  const int scale = 10;
  const auto results =
      mp::parallel(numbers(0, 8),
                   [&](int x) {
                     std::this_thread::sleep_for((8 - x) * 1ms);  // the last one is ready first
                     return scale * x;
                   },
                   {.processes = 4});
  EXPECT_THAT(results, ElementsAre(0, 10, 20, 30, 40, 50, 60, 70));
}

TEST_F(Parallel, RunsInSeveralProcesses) {
  // Each waits until the other has started.
  course::Pipe first, second;
  const auto pids = mp::parallel(std::vector{0, 1},
                                 [&](int i) {
                                   course::write_text(i == 0 ? first.write : second.write, "here");
                                   course::read_text(i == 0 ? second.read : first.read);
                                   return ::getpid();
                                 },
                                 {.processes = 2});
  EXPECT_NE(pids[0], pids[1]);
  EXPECT_NE(pids[0], ::getpid());
}

TEST_F(Parallel, TakesItemsThatCannotTravel) {
  const std::string text = "text";
  const std::list<const std::string*> addresses{&text, &text};
  EXPECT_THAT(mp::parallel(addresses, [](const std::string* address) { return *address; }),
              ElementsAre("text", "text"));
  std::vector<std::function<int()>> functions{[] { return 1; }, [&] { return 4; }};
  EXPECT_THAT(mp::parallel(functions, [](const auto& function) { return function(); }),
              ElementsAre(1, 4));
}

TEST_F(Parallel, TakesAnyForwardRange) {
  EXPECT_THAT(mp::parallel(std::string{"ab"}, [](char c) { return std::string(2, c); }),
              ElementsAre("aa", "bb"));
}

TEST_F(Parallel, ReturnsEveryTypeThatTravels) {
  const auto owners = mp::parallel(numbers(0, 3), [](int x) { return std::make_unique<int>(x); });
  EXPECT_EQ(*owners[2], 2);
  EXPECT_THAT(mp::parallel(numbers(0, 3), [](int x) { return x == 1; }),
              ElementsAre(false, true, false));
  const auto large = mp::parallel(numbers(1, 4), [](int x) {
    return std::vector<double>(static_cast<std::size_t>(x) * 1'000'000, x);
  });
  EXPECT_THAT(large[2], SizeIs(3'000'000));
  EXPECT_EQ(large[2].back(), 3);
}

TEST_F(Parallel, FunctionsMayReturnNothing) {
  mp::Array<int> squares(100);
  mp::parallel(numbers(0, 100), [&](int x) { squares[static_cast<std::size_t>(x)] = x * x; });
  EXPECT_EQ(std::reduce(squares.begin(), squares.end()), 328'350);
}

TEST_F(Parallel, ChangesStayInTheWorker) {
  int changed = 0;
  const auto results =
      mp::parallel(std::vector<int>(3), [&](int) { return ++changed; }, {.processes = 1});
  EXPECT_THAT(results, ElementsAre(1, 2, 3));
  EXPECT_EQ(changed, 0);
}

TEST_F(Parallel, WorksWithNoItemsWithOneAndWithMany) {
  const auto twice = [](int x) { return 2 * x; };
  EXPECT_THAT(mp::parallel(std::vector<int>{}, twice), IsEmpty());
  EXPECT_THAT(mp::parallel(std::vector{21}, twice, {.processes = 8}), ElementsAre(42));
  const auto many = mp::parallel(numbers(0, 100'000), twice, {.processes = 3});
  for (int i = 0; i < 100'000; ++i) ASSERT_EQ(many[static_cast<std::size_t>(i)], 2 * i);
}

TEST_F(Parallel, ForksWhateverTheStartMethod) {
  mp::set_start_method(mp::StartMethod::spawn);
  const int captured = 5;
  const auto results = mp::parallel(std::vector{1, 2}, [&](int x) { return captured + x; });
  mp::set_start_method(mp::StartMethod::fork);
  EXPECT_THAT(results, ElementsAre(6, 7));
}

TEST_F(Parallel, MayBeNested) {
  const auto sums = mp::parallel(numbers(1, 4), [](int x) {
    const auto products =
        mp::parallel(numbers(1, 4), [&](int y) { return x * y; }, {.processes = 2});
    return std::reduce(products.begin(), products.end());
  });
  EXPECT_THAT(sums, ElementsAre(6, 12, 18));
}

TEST_F(Parallel, RefusesToWorkWithoutProcesses) {
  EXPECT_ANY_THROW(mp::parallel(std::vector{1}, [](int x) { return x; }, {.processes = 0}));
}

// ---- What goes wrong in a worker ----

TEST_F(Parallel, AnExceptionEndsTheLoop) {
  try {
    mp::parallel(numbers(0, 10),
                 [](int x) {
                   if (x == 1) throw std::domain_error{"no, not " + std::to_string(x)};
                   std::this_thread::sleep_for(1h);  // the others are not waited for
                   return x;
                 },
                 {.processes = 2});
    FAIL() << "no exception";
  } catch (const mp::RemoteError& error) {
    EXPECT_EQ(error.type, "std::domain_error");
    EXPECT_EQ(error.text, "no, not 1");
  }
}

TEST_F(Parallel, AKilledWorkerIsAnError) {
  try {
    mp::parallel(numbers(0, 10),
                 [](int x) {
                   if (x == 5) std::raise(SIGKILL);
                   return x;
                 },
                 {.processes = 2});
    FAIL() << "no exception";
  } catch (const mp::WorkerDied& error) {
    EXPECT_EQ(error.status.signal, SIGKILL);
  }
}

// ---- Progress ----

// Returns what a loop over `items` items writes to standard error.
std::string progress(int items, bool verbose) {
  testing::internal::CaptureStderr();
  mp::parallel(numbers(0, items), [](int x) { return x; }, {.processes = 2, .verbose = verbose});
  return testing::internal::GetCapturedStderr();
}

TEST_F(Parallel, ReportsEveryRoundOfAShortLoop) {
  const auto line = [](int done) {
    return "Done " + std::to_string(done) + " of 4 \\| elapsed [0-9]+\\.[0-9] s\n";
  };
  EXPECT_THAT(progress(4, true), MatchesRegex(line(1) + line(2) + line(3) + line(4)));
}

TEST_F(Parallel, ReportsALongLoopTenTimes) {
  const auto lines = progress(25'000, true);
  EXPECT_EQ(std::ranges::count(lines, '\n'), 10) << lines;
  EXPECT_THAT(lines, HasSubstr("Done 2500 of 25000 | elapsed "));
  EXPECT_THAT(lines, HasSubstr("Done 25000 of 25000 | elapsed "));
}

TEST_F(Parallel, IsSilentUnlessAsked) {
  EXPECT_EQ(progress(4, false), "");
  EXPECT_EQ(progress(0, true), "");
}

TEST_F(Parallel, DrawsABarOnATerminal) {
  const mp::FileDescriptor terminal{
      mp::check(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt")};
  mp::check(::grantpt(terminal.get()), "grantpt");
  mp::check(::unlockpt(terminal.get()), "unlockpt");
  const mp::FileDescriptor other_end{
      mp::check(::open(::ptsname(terminal.get()), O_RDWR | O_NOCTTY | O_CLOEXEC), "open")};
  mp::Process{[&] {
    mp::check(::dup2(other_end.get(), STDERR_FILENO), "dup2");
    mp::parallel(numbers(0, 10), [](int x) { return x; }, {.verbose = true});
  }}.join();
  const auto bar = "\r[" + std::string(40, '#') + "] 10 of 10 | elapsed ";
  for (std::string text; text.find(bar) == std::string::npos;)
    text += course::read_text(terminal);  // throws when nothing more comes
}

TEST_F(Parallel, CountsProcessesAsJoblibDoes) {
  EXPECT_EQ(mp::detail::parallel_processes(3), 3);
  EXPECT_EQ(mp::detail::parallel_processes(-1), mp::cpu_count());
  EXPECT_EQ(mp::detail::parallel_processes(-2), std::max(1, mp::cpu_count() - 1));
  EXPECT_EQ(mp::detail::parallel_processes(-100'000), 1);
  EXPECT_THAT(mp::parallel({1, 2, 3}, [](int x) { return 2 * x; }, {.processes = -1}),
              ElementsAre(2, 4, 6));
  EXPECT_THROW(mp::parallel({1}, [](int) {}, {.processes = 0}), std::invalid_argument);
}

struct Numbers {
  std::istream& text;
  auto begin() const { return std::istream_iterator<int>{text}; }
  auto end() const { return std::istream_iterator<int>{}; }
};

TEST_F(Parallel, TakesItemsThatCanBeReadOnlyOnce) {
  std::istringstream text{"1 2 3"};
  const auto results = mp::parallel(Numbers{text}, [](int x) { return 10 * x; });
  EXPECT_THAT(results, ElementsAre(10, 20, 30));
}

TEST_F(Parallel, StopsAtTheTimeLimit) {
  const auto hang = [](int) { ::pause(); };
  EXPECT_THROW(mp::parallel({1, 2, 3}, hang, {.processes = 2, .time_limit = 20ms}), mp::TimedOut);
  EXPECT_THAT(mp::parallel({1}, [](int x) { return x; }, {.time_limit = 1h}), ElementsAre(1));
}

TEST_F(Parallel, FunctionMaySendThroughItsParentsPipes) {
  auto ends = mp::one_way_pipe();
  mp::parallel(numbers(0, 2), [&](int i) { ends.second.send(i); }, {.processes = 1});
  EXPECT_EQ(ends.first.recv<int>(), 0);
  EXPECT_EQ(ends.first.recv<int>(), 1);
}

}  // namespace
