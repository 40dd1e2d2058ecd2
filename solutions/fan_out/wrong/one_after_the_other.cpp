// Fails: all_nodes_work_at_the_same_time
// Told: works, and only then waits
#include <cstdlib>
#include <stdexcept>

#include "fan_out.hpp"
#include <mp/process.hpp>

// Waits for each child before it starts the next one.
static int run_node(int node, int width, int depth) {
  int sum = node == 0 ? 0 : work(node);
  for (int i = 1; depth > 0 && i <= width; ++i) {
    mp::Process child{[=] { std::exit(run_node(node * width + i, width, depth - 1)); }};
    sum += *child.join().code;
  }
  return sum;
}

int fan_out(int width, int depth) {
  if (width < 1 || depth < 0) throw std::invalid_argument{"wrong"};
  return run_node(0, width, depth);
}
