// Fails: the_sum_is_right
// Told: node 1 works 0 times
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "fan_out.hpp"
#include <mp/process.hpp>

// The numbers of the nodes are too large by one.
static int run_node(int node, int width, int depth) {
  std::vector<mp::Process> children;
  for (int i = 0; depth > 0 && i < width; ++i)
    children.emplace_back([=] { std::exit(run_node(node * width + i + 2, width, depth - 1)); });
  int sum = node == 0 ? 0 : work(node);
  for (auto& child : children) sum += *child.join().code;
  return sum;
}

int fan_out(int width, int depth) {
  if (width < 1 || depth < 0) throw std::invalid_argument{"wrong"};
  return run_node(0, width, depth);
}
