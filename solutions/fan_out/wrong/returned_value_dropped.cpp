// Fails: the_sum_is_right
// Told: Only its exit code carries a number
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "fan_out.hpp"
#include <mp/process.hpp>

// The child's return value is lost, and its exit code is 0.
static int run_node(int node, int width, int depth) {
  std::vector<mp::Process> children;
  for (int i = 1; depth > 0 && i <= width; ++i)
    children.emplace_back([=] { run_node(node * width + i, width, depth - 1); });
  int sum = node == 0 ? 0 : work(node);
  for (auto& child : children) sum += *child.join().code;
  return sum;
}

int fan_out(int width, int depth) {
  if (width < 1 || depth < 0) throw std::invalid_argument{"wrong"};
  return run_node(0, width, depth);
}
