// Fails: codes_come_in_the_order_of_the_jobs
// Told: prints too much
#include <cstdio>

#include "exit_codes.hpp"

std::vector<std::optional<int>> exit_codes(const std::vector<std::string>&, double) {
  for (;;) std::puts("Still counting ...");
}
