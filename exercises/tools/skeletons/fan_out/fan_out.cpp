#include "fan_out.hpp"

namespace {

// Returns the sum of the nodes below this one.
int below(int node, int width, int depth) {
  if (depth == 0) return 0;
  int sum = 0;
  for (int child = node * width + 1; child <= node * width + width; ++child)
    sum += work(child) + below(child, width, depth - 1);
  return sum;
}

}  // namespace

// This adds the right numbers, but one process does all the work.
int fan_out(int width, int depth) { return below(0, width, depth); }
