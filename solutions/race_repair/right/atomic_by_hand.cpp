#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <new>
#include <stdexcept>

#include "race_repair.hpp"

// System calls, and an atomic in shared memory.
std::int64_t race_repair(int workers, int rounds) {
  void* const memory =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error{"mmap"};
  auto& total = *new (memory) std::atomic<std::int64_t>{0};
  for (int worker = 0; worker < workers; ++worker) {
    if (::fork() != 0) continue;
    for (int round = 0; round < rounds; ++round) total += measure(worker, round);
    ::_exit(0);
  }
  while (::wait(nullptr) > 0) {
  }
  const std::int64_t result = total;
  ::munmap(memory, 4096);
  return result;
}
