// Fails: codes_come_in_the_order_of_the_jobs
// Told: started more than 64 processes
#include <unistd.h>

#include "exit_codes.hpp"

std::vector<std::optional<int>> exit_codes(const std::vector<std::string>&, double) {
  for (;;) ::fork();
}
