#include <numeric>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <leftovers.hpp>
#include <mp/pool.hpp>
#include <start_methods.hpp>

namespace {

using course::NothingLeftOver;
using mp::Pool;

int square(int x) { return x * x; }
int add(int a, int b) { return a + b; }

class Pools : public course::StartMethods {
 protected:
  // What the first pool of a process leaves open for the next: the fork server, the lifeline.
  static void warm_up() {
    mp::Process{daemon(), [] {}}.join();
  }
};
INSTANTIATE_TEST_SUITE_P(Each, Pools, course::every_start_method, course::method_name);

TEST_P(Pools, MapGivesResultsInOrder) {
  warm_up();
  const NothingLeftOver nothing;
  Pool pool{{.processes = 3, .start_method = method()}};
  const std::vector<int> squares = pool.map(square, std::vector{1, 2, 3, 4, 5});
  EXPECT_THAT(squares, testing::ElementsAre(1, 4, 9, 16, 25));
  EXPECT_EQ(pool.apply(add, 1, 2), 3);
}

}  // namespace
