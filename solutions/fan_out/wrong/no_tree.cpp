// Fails: every_node_is_a_child_of_the_node_above
// Told: node 3 is a child process of node 1
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "fan_out.hpp"
#include <mp/process.hpp>

// The root starts all nodes.
int fan_out(int width, int depth) {
  if (width < 1 || depth < 0) throw std::invalid_argument{"wrong"};
  int nodes = 0, level = 1;
  for (int i = 0; i < depth; ++i) nodes += level *= width;
  std::vector<mp::Process> processes;
  for (int node = 1; node <= nodes; ++node) processes.emplace_back([=] { std::exit(work(node)); });
  int sum = 0;
  for (auto& process : processes) sum += *process.join().code;
  return sum;
}
