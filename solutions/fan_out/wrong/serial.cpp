// Fails: every_node_is_a_child_of_the_node_above
// Told: the main process calls work
#include "fan_out.hpp"

// Adds the numbers of all levels one after the other, in this process.
int fan_out(int width, int depth) {
  int sum = 0, nodes = 0, level = 1;
  for (int i = 0; i < depth; ++i) nodes += level *= width;
  for (int node = 1; node <= nodes; ++node) sum += work(node);
  return sum;
}
