// Fails: the_sum_is_right
// Told: Does every exit code include
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "fan_out.hpp"
#include <mp/process.hpp>

// A node with children forgets its own number.
static int run_node(int node, int width, int depth) {
  std::vector<mp::Process> children;
  for (int i = 1; depth > 0 && i <= width; ++i)
    children.emplace_back([=] { std::exit(run_node(node * width + i, width, depth - 1)); });
  const int own = node == 0 ? 0 : work(node);
  if (children.empty()) return own;
  int sum = 0;
  for (auto& child : children) sum += *child.join().code;
  return sum;
}

int fan_out(int width, int depth) {
  if (width < 1 || depth < 0) throw std::invalid_argument{"wrong"};
  return run_node(0, width, depth);
}
