#include "fan_out.hpp"

#include <cstdlib>
#include <stdexcept>
#include <vector>

#include <mp/process.hpp>

namespace {

// Returns the sum of a node and all nodes below it. Changed: each node below is a process that
// calls this function.
int run_node(int node, int width, int depth) {
  std::vector<mp::Process> children;
  for (int i = 1; depth > 0 && i <= width; ++i)
    children.emplace_back(
        [=] { std::exit(run_node(node * width + i, width, depth - 1)); });  // passes the sum up

  // Only now, so that the nodes below work at the same time as this one.
  int sum = node == 0 ? 0 : work(node);
  for (auto& child : children) sum += child.join().code.value();
  return sum;
}

}  // namespace

int fan_out(int width, int depth) {
  if (width < 1) throw std::invalid_argument{"the width is less than 1"};
  if (depth < 0) throw std::invalid_argument{"the depth is negative"};
  return run_node(0, width, depth);
}
