#include <sys/resource.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <fmt/core.h>

#include <mp/cluster_pool.hpp>
#include <mp/memory.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

// A program for cluster_test, which runs it with mpirun: cluster_scenarios NAME [ARGUMENT].

namespace {

using namespace std::chrono_literals;

int square(int x) { return x * x; }

int rank() {
  const char* const text = std::getenv("OMPI_COMM_WORLD_RANK");
  return text ? std::atoi(text) : -1;
}

void sums() {
  mp::ClusterPool pool;
  std::vector<int> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto squares = pool.map(square, numbers);
  fmt::print("{} workers, {}\n", pool.hosts().size(),
             std::reduce(squares.begin(), squares.end(), 0LL));
}

void tiny() {
  mp::ClusterPool pool;
  std::vector<int> numbers(100'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto same = pool.map([](int x) { return x; }, numbers, {.chunk_size = 1});
  fmt::print("{}\n", same == numbers);
}

void throws() {
  mp::ClusterPool pool;
  try {
    pool.map([](int x) { return x == 5 ? throw std::range_error{"too far"} : x; },
             std::vector{1, 5, 9});
  } catch (const mp::RemoteError& error) {
    fmt::print("{}\n", error.what());
  }
  fmt::print("{}\n", pool.apply(square, 7));
}

void dies() {
  mp::ClusterPool pool;
  pool.map([](int x) { return x == 5 ? std::raise(SIGKILL) : x; }, std::vector{1, 5, 9});
}

// Runs until it is ended from outside.
void endless() {
  mp::ClusterPool pool;
  for (;;) pool.map([](int) { std::this_thread::sleep_for(10ms); }, std::vector<int>(100));
}

void large(std::size_t gibibytes) {
  mp::ClusterPool pool;
  const std::size_t size = (gibibytes << 30) + 12345;
  std::string text(size, 'x');
  text.back() = 'y';
  const auto [arrived, last] = pool.apply(
      [](const std::string& came) {
        return std::pair{came.size(), std::string{came.back()}};
      },
      std::move(text));
  fmt::print("{} {}\n", arrived, last);
}

void refuses() {
  mp::ClusterPool pool;
  mp::Queue<int> queue;
  try {
    pool.apply([](mp::Queue<int>& own) { own.put(1); }, std::ref(queue));
  } catch (const mp::CannotTravel& error) {
    fmt::print("argument: {}\n", error.what());
  }
  try {
    pool.apply([] { return std::move(mp::pipe().first); });
  } catch (const mp::CannotTravel& error) {
    fmt::print("result: {}\n", error.what());
  }
}

int greeting = 0;

void initializer() {
  mp::ClusterPool pool{{.initializer = [] { greeting = 42; }}};
  fmt::print("{}\n", pool.apply([] { return greeting; }));
  mp::ClusterPool failing{{.initializer = [] { throw std::runtime_error{"no licence"}; }}};
  try {
    failing.apply([] { return greeting; });
  } catch (const mp::RemoteError& error) {
    fmt::print("{}\n", error.what());
  }
}

// Rank 1 is slow. Prints how many of the tasks it gets.
void slow() {
  mp::ClusterPool pool;
  const auto ranks = pool.map(
      [](int) {
        if (rank() == 1) std::this_thread::sleep_for(1s);
        return rank();
      },
      std::vector<int>(200), {.chunk_size = 1});
  fmt::print("{}\n", std::ranges::count(ranks, 1));
}

// The processor time that an idle rank takes, as a share of one processor.
void idle() {
  mp::ClusterPool pool;
  const auto used = [] {
    rusage usage{};
    mp::check(::getrusage(RUSAGE_SELF, &usage), "getrusage");
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  };
  const double before = pool.apply(used);
  std::this_thread::sleep_for(2s);
  fmt::print("{:.4f}\n", (pool.apply(used) - before) / 2);
}

// Ten results are cached on disk; the first run dies at the sixth.
double costly(int number) {
  fmt::print("computes {}\n", number);
  return number;
}
void memory(const std::string& folder) {
  mp::ClusterPool pool;
  std::vector<std::pair<std::string, int>> tasks;
  for (int i = 0; i < 10; ++i) tasks.emplace_back(folder, i);
  double sum = 0;
  for (const auto& [cache, number] : tasks)
    sum += pool.apply(
        [](const std::string& where, int i) {
          const double result = mp::Memory{where}.call(costly, i);
          const bool is_first_run = ::access((where + "/again").c_str(), F_OK) == -1;
          if (i == 5 && is_first_run) std::raise(SIGKILL);
          return result;
        },
        cache, number);
  fmt::print("sum {}\n", sum);
}

void asynchronous() {
  mp::ClusterPool pool;
  std::vector<mp::AsyncResult<int>> promised;
  for (int i = 0; i < 100; ++i) promised.push_back(pool.apply_async(square, i));
  while (!promised.back().ready()) std::this_thread::sleep_for(1ms);
  int sum = 0;
  for (auto& result : promised) sum += result.get();
  fmt::print("{}\n", sum);
  auto given_up = pool.apply_async([] { std::this_thread::sleep_for(100ms); });
}

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  const std::string argument = argc > 2 ? argv[2] : "";
  const std::map<std::string, std::function<void()>> scenarios{
      {"sums", sums},
      {"tiny", tiny},
      {"throws", throws},
      {"dies", dies},
      {"endless", endless},
      {"large", [&] { large(std::stoul(argument)); }},
      {"refuses", refuses},
      {"initializer", initializer},
      {"slow", slow},
      {"idle", idle},
      {"memory", [&] { memory(argument); }},
      {"asynchronous", asynchronous}};
  scenarios.at(argc > 1 ? argv[1] : "sums")();
}
