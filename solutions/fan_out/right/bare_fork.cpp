#include <sys/wait.h>
#include <unistd.h>
#include <stdexcept>

#include "fan_out.hpp"

// With system calls only. A process has no children other than its node's, so it waits for all.
static int run_node(int node, int width, int depth) {
  for (int i = 1; depth > 0 && i <= width; ++i)
    if (::fork() == 0) ::_exit(run_node(node * width + i, width, depth - 1));
  int sum = node == 0 ? 0 : work(node);
  for (int status = 0; ::wait(&status) > 0;) sum += WEXITSTATUS(status);
  return sum;
}

int fan_out(int width, int depth) {
  if (width < 1 || depth < 0) throw std::invalid_argument{"wrong"};
  return run_node(0, width, depth);
}
