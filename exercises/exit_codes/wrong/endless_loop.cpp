// Fails: codes_come_in_the_order_of_the_jobs
// Told: still running after 10 seconds
#include <atomic>

#include "exit_codes.hpp"

std::vector<std::optional<int>> exit_codes(const std::vector<std::string>&, double) {
  for (std::atomic<unsigned> count = 0;;) ++count;
}
