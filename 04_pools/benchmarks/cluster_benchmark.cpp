#include <map>
#include <numeric>
#include <string>
#include <vector>
#include <fmt/core.h>

#include "kernels.hpp"
#include <lesson/timing.hpp>
#include <mp/cluster_pool.hpp>
#include <mp/process.hpp>

// cluster_benchmark NAME [WORKERS] runs tiny tasks, or a problem of the lessons, in a ClusterPool
// whose workers are the other ranks of mpirun, or in a Pool of that many workers. Prints seconds
// per item.

namespace {

using Pool = mp::detail::PoolCalls;

int identity(int x) { return x; }

template <class Function>
double seconds(Pool& pool, Function function, int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  pool.map(function, numbers);  // now all workers are running
  return lesson::seconds([&] { pool.map(function, numbers, {.chunk_size = 1}); });
}

double tasks(Pool& pool) { return seconds(pool, identity, 20'000) / 20'000; }

template <const auto& problem>
double whole_problem(Pool& pool) {
  return seconds(pool, problem.part, problem.parts) / static_cast<double>(problem.items);
}

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  const std::map<std::string, double (*)(Pool&)> measures{
      {"tasks", tasks},
      {"pi", whole_problem<course::pi_problem>},
      {"dice", whole_problem<course::dice_problem>},
      {"projectile", whole_problem<course::projectile_problem>},
      {"parzen", whole_problem<course::parzen_problem>},
      {"julia", whole_problem<course::julia_problem>}};
  const auto measure = measures.find(argc > 1 ? argv[1] : "");
  if (argc > 3 || measure == measures.end()) {
    fmt::print(stderr,
               "usage: cluster_benchmark tasks|pi|dice|projectile|parzen|julia [WORKERS]\n");
    return 2;
  }
  if (argc == 3) {
    mp::Pool pool{std::stoi(argv[2])};
    fmt::print("{}\n", measure->second(pool));
  } else {
    mp::ClusterPool pool;
    fmt::print("{}\n", measure->second(pool));
  }
}
