// Fails: every_node_is_a_child_of_the_node_above
// Told: A child process returned from your function
#include <sys/wait.h>
#include <unistd.h>
#include <stdexcept>

#include "fan_out.hpp"

// With fork() alone, the child returns as if it were the root.
int fan_out(int width, int depth) {
  if (width < 1 || depth < 0) throw std::invalid_argument{"wrong"};
  int nodes = 0, level = 1;
  for (int i = 0; i < depth; ++i) nodes += level *= width;
  for (int node = 1; node <= nodes; ++node)
    if (::fork() == 0) return work(node);
  int sum = 0;
  for (int status = 0; ::wait(&status) > 0;) sum += WEXITSTATUS(status);
  return sum;
}
