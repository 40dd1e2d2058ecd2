// Fails: codes_come_in_the_order_of_the_jobs
// Told: threw std::bad_alloc
#include <string>
#include <vector>

#include "exit_codes.hpp"

std::vector<std::optional<int>> exit_codes(const std::vector<std::string>&, double) {
  std::vector<std::string> eaten;
  for (;;) eaten.emplace_back().reserve(64 << 20);
}
