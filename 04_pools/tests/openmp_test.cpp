#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>
#include <gtest/gtest.h>

#include <mp/pool.hpp>
#include <mp/watchdog.hpp>

// A library with its own threads, in a parent and in its children.

namespace {

using namespace std::chrono_literals;
using OpenMPDeathTest = testing::Test;

double sum(int count) {
  double result = 0;
#pragma omp parallel for reduction(+ : result) num_threads(2)
  for (int i = 0; i < count; ++i) result += i;
  return result;
}

void use_threads_in_parent_and_workers(mp::StartMethod method) {
  const mp::Watchdog watchdog{100ms};
  if (sum(10) != 45) std::exit(3);
  mp::Pool pool{{.processes = 2, .start_method = method}};
  std::exit(pool.map(sum, std::vector{10, 20}) == std::vector{45.0, 190.0} ? 7 : 4);
}

TEST(OpenMPDeathTest, ForkedWorkersWaitForThreadsThatTheyDoNotHave) {
  EXPECT_EXIT(use_threads_in_parent_and_workers(mp::StartMethod::fork), testing::ExitedWithCode(1),
              "Worker-1 .* waits for threads of lib[gi]?i?omp5?, which a fork does not copy.*This "
              "is a deadlock; use the start method forkserver.");
}

TEST(OpenMPDeathTest, WorkersOfTheForkServerHaveThreads) {
  EXPECT_EXIT(use_threads_in_parent_and_workers(mp::StartMethod::forkserver),
              testing::ExitedWithCode(7), "^$");
}

}  // namespace
