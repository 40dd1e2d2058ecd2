// Fails: nothing_is_left_behind
// Told: were open before
#include <unistd.h>

#include "exit_codes.hpp"

// Every call opens a pipe, and closes only one end.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>&, double) {
  int ends[2];
  if (::pipe(ends) == 0) ::close(ends[0]);
  return {};
}
