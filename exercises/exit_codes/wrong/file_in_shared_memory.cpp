// Fails: nothing_is_left_behind
// Told: /dev/shm/left
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exit_codes.hpp"

// A named piece of shared memory outlives the program.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>&, double) {
  ::close(::shm_open("/left", O_CREAT | O_RDWR, 0600));
  return {};
}
