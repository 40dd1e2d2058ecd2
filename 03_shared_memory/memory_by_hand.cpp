#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <fmt/core.h>

#include <lesson/arguments.hpp>

// System calls leave their error code in errno; pthread functions return it.
void check(int error, const char* call) {
  if (error != 0) throw std::system_error(error, std::generic_category(), call);
}

struct Counter {
  pthread_mutex_t mutex;
  long locked = 0;
  std::atomic<long> atomic = 0;

  Counter() {
    pthread_mutexattr_t attributes;
    check(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);  // not just for threads
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);  // or a dead holder blocks all
    check(pthread_mutex_init(&mutex, &attributes), "pthread_mutex_init");
  }
  void increment() {
    ++atomic;  // needs no lock, even in shared memory
    check(pthread_mutex_lock(&mutex), "pthread_mutex_lock");
    ++locked;
    check(pthread_mutex_unlock(&mutex), "pthread_mutex_unlock");
  }
};

int main(int argc, char** argv) {
  int processes = 2, increments = 100'000;
  lesson::parse(argc, argv, "What mp::Value does for you, with system calls only.",
                {{"--processes", processes, "how many processes count", 1, 100},
                 {"--increments", increments, "increments per process", 1, 10'000'000}});

  // Anonymous memory has no name, so nothing is left behind. Forked children share it.
  void* page =
      mmap(nullptr, sizeof(Counter), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  check(page == MAP_FAILED ? errno : 0, "mmap");
  auto& counter = *new (page) Counter;
  for (int i = 0; i < processes; ++i) {
    const pid_t pid = fork();
    check(pid == -1 ? errno : 0, "fork");
    if (pid != 0) continue;
    for (int k = 0; k < increments; ++k) counter.increment();
    _exit(0);
  }
  while (wait(nullptr) != -1) continue;
  fmt::print("Locked {}, atomic {}\n", counter.locked, counter.atomic.load());
}
