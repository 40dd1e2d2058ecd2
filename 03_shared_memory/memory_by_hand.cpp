#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <functional>
#include <mutex>
#include <new>
#include <system_error>
#include <vector>
#include <boost/interprocess/anonymous_shared_memory.hpp>
#include <boost/interprocess/sync/interprocess_mutex.hpp>
#include <fmt/core.h>

#include <lesson/arguments.hpp>

// System calls leave their error in errno; pthread functions return it.
void check(bool success, int error, const char* call) {
  if (!success) throw std::system_error(error, std::generic_category(), call);
}

struct Counter {
  pthread_mutex_t mutex;
  long locked;
  std::atomic<long> atomic;
};

Counter& make_counter() {
  // Anonymous: it has no name, so nothing is left behind. Shared: with the children of a fork.
  void* const memory =
      mmap(nullptr, sizeof(Counter), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  check(memory != MAP_FAILED, errno, "mmap");
  auto& counter = *new (memory) Counter{};
  pthread_mutexattr_t attributes;
  int error = pthread_mutexattr_init(&attributes);
  check(error == 0, error, "pthread_mutexattr_init");
  // Without this it would work between threads only.
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  // Without this, all would hang when its holder dies.
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  error = pthread_mutex_init(&counter.mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  check(error == 0, error, "pthread_mutex_init");
  return counter;
}

void lock(Counter& counter) {
  const int error = pthread_mutex_lock(&counter.mutex);
  check(error == 0 || error == EOWNERDEAD, error, "pthread_mutex_lock");
  if (error == 0) return;
  fmt::print("Its holder has died; the counter is {}\n", counter.locked);
  const int still = pthread_mutex_consistent(&counter.mutex);  // or nobody could lock it any more
  check(still == 0, still, "pthread_mutex_consistent");
}

void run(int processes, const std::function<void()>& task) {
  std::fflush(stdout);
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t pid = fork();
    check(pid != -1, errno, "fork");
    if (pid == 0) {
      task();
      _exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children)
    while (waitpid(pid, nullptr, 0) == -1) check(errno == EINTR, errno, "waitpid");
}

int main(int argc, char** argv) {
  int processes = 2, increments = 100'000;
  lesson::parse(argc, argv, "What mp::Value does for you: shared memory with system calls only.",
                {{"--processes", processes, "how many count", 1, 100},
                 {"--increments", increments, "how often each counts", 1, 10'000'000}});

  Counter& counter = make_counter();
  run(processes, [&] {
    for (int i = 0; i < increments; ++i) {
      lock(counter);
      ++counter.locked;
      pthread_mutex_unlock(&counter.mutex);
      ++counter.atomic;  // needs no lock: lock-free atomics work in shared memory as they are
    }
  });
  fmt::print("{} times {}: locked {}, atomic {}\n", processes, increments, counter.locked,
             counter.atomic.load());
  run(1, [&] {
    lock(counter);
    raise(SIGKILL);
  });
  lock(counter);
  pthread_mutex_unlock(&counter.mutex);
  pthread_mutex_destroy(&counter.mutex);
  munmap(&counter, sizeof counter);

  // The same with Boost.Interprocess: the memory goes and the mutex unlocks by themselves.
  namespace ipc = boost::interprocess;
  struct BoostCounter {
    ipc::interprocess_mutex mutex;
    long locked = 0;
  };
  const auto memory = ipc::anonymous_shared_memory(sizeof(BoostCounter));
  auto& same = *new (memory.get_address()) BoostCounter;
  run(processes, [&] {
    for (int i = 0; i < increments; ++i) {
      // If its holder dies, every later lock throws: there is no way to mend it.
      const std::scoped_lock guard{same.mutex};
      ++same.locked;
    }
  });
  fmt::print("{} times {}: with Boost.Interprocess {}\n", processes, increments, same.locked);
}
