#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <boost/interprocess/anonymous_shared_memory.hpp>
#include <boost/interprocess/sync/interprocess_mutex.hpp>
#include <fmt/core.h>

#include <lesson/arguments.hpp>

// System calls leave their error in errno; pthread functions return it.
void check(int error, const char* call) {
  if (error != 0) throw std::system_error(error, std::generic_category(), call);
}

struct RobustMutex {
  pthread_mutex_t mutex;
  RobustMutex() {
    pthread_mutexattr_t attributes;
    check(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);  // or for threads only
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);  // or a dead holder hangs all
    check(pthread_mutex_init(&mutex, &attributes), "pthread_mutex_init");
  }
  void lock() {
    const int error = pthread_mutex_lock(&mutex);
    if (error != EOWNERDEAD) return check(error, "pthread_mutex_lock");
    fmt::print("The holder of the mutex has died\n");
    check(pthread_mutex_consistent(&mutex), "pthread_mutex_consistent");  // or it is lost for ever
  }
  void unlock() { pthread_mutex_unlock(&mutex); }
};

template <class Mutex>
struct Counter : Mutex {
  long locked = 0;
  std::atomic<long> atomic = 0;
};

// Does the task in so many processes; each must end with this signal, or with 0: of itself.
void run(int processes, int signal, auto task) {
  for (int i = 0; i < processes; ++i) {
    const pid_t pid = fork();
    check(pid == -1 ? errno : 0, "fork");
    if (pid == 0) task(), _exit(0);
  }
  for (int status = 0; processes > 0; --processes) {
    check(wait(&status) == -1 ? errno : 0, "wait");
    if (status != signal) throw std::runtime_error{"a process has failed"};
  }
}

int main(int argc, char** argv) {
  int processes = 2, increments = 100'000;
  lesson::parse(argc, argv, "What mp::Value does for you: shared memory with system calls only.",
                {{"--processes", processes, "how many count", 1, 100},
                 {"--increments", increments, "how often each counts", 1, 10'000'000}});
  const auto count = [&](const char* how, auto& counter) {
    run(processes, 0, [&] {
      for (int i = 0; i < increments; ++i) {
        ++counter.atomic;  // needs no lock: it works in shared memory as it is
        const std::scoped_lock guard{counter};
        ++counter.locked;
      }
    });
    fmt::print("{}: locked {}, atomic {}\n", how, counter.locked, counter.atomic.load());
  };
  // Anonymous: it has no name, so nothing is left behind. Shared: with the children of a fork.
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  check(page == MAP_FAILED ? errno : 0, "mmap");
  auto& counter = *new (page) Counter<RobustMutex>;
  count("System calls", counter);
  run(1, SIGKILL, [&] { counter.lock(), raise(SIGKILL); });
  counter.lock(), counter.unlock();
  // Boost.Interprocess does the same; but if a holder dies, nobody can ever lock its mutex again.
  namespace ipc = boost::interprocess;
  const auto memory = ipc::anonymous_shared_memory(4096);
  count("Boost.Interprocess", *new (memory.get_address()) Counter<ipc::interprocess_mutex>);
}
