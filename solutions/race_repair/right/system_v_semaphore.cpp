#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>
#include <new>
#include <stdexcept>

#include "race_repair.hpp"

// A lock from 1983.
std::int64_t race_repair(int workers, int rounds) {
  const int lock = ::semget(IPC_PRIVATE, 1, 0600);
  if (lock == -1 || ::semctl(lock, 0, SETVAL, 1) == -1) throw std::runtime_error{"semget"};
  void* const memory =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error{"mmap"};
  auto& total = *new (memory) std::int64_t{0};
  for (int worker = 0; worker < workers; ++worker) {
    if (::fork() != 0) continue;
    for (int round = 0; round < rounds; ++round) {
      const int measured = measure(worker, round);
      sembuf down{0, -1, SEM_UNDO}, up{0, 1, SEM_UNDO};
      ::semop(lock, &down, 1);
      add(total, measured);
      ::semop(lock, &up, 1);
    }
    ::_exit(0);
  }
  while (::wait(nullptr) > 0) {
  }
  ::semctl(lock, 0, IPC_RMID);
  const std::int64_t result = total;
  ::munmap(memory, 4096);
  return result;
}
