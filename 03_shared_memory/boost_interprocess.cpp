#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <boost/interprocess/anonymous_shared_memory.hpp>
#include <boost/interprocess/sync/interprocess_mutex.hpp>
#include <fmt/core.h>

#include <lesson/arguments.hpp>

struct Counter {
  boost::interprocess::interprocess_mutex mutex;
  long count = 0;
};

int main(int argc, char** argv) {
  int processes = 2, increments = 100'000;
  lesson::parse(argc, argv, "The counter of memory_by_hand with a library, Boost.Interprocess.",
                {{"--processes", processes, "how many processes count", 1, 100},
                 {"--increments", increments, "increments per process", 1, 10'000'000}});

  const auto memory = boost::interprocess::anonymous_shared_memory(sizeof(Counter));
  auto& counter = *new (memory.get_address()) Counter;
  for (int i = 0; i < processes; ++i) {
    const pid_t pid = fork();
    if (pid == -1) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid != 0) continue;
    for (int k = 0; k < increments; ++k) {
      const std::scoped_lock guard{counter.mutex};
      ++counter.count;
    }
    _exit(0);
  }
  while (wait(nullptr) != -1) continue;
  fmt::print("Counted {}\n", counter.count);
}
