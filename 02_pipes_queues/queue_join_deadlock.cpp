#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>
#include <mp/watchdog.hpp>

using Results = mp::Queue<std::string>;

void work(Results& results, std::size_t size) { results.put(std::string(size, 'x')); }

// A child cannot exit before its result fits into the queue, so this works only for small results.
void join_first(mp::Process& child, Results& results) {
  child.join();
  fmt::print("  Parent got {} bytes\n", results.get().size());
}

// The fix: empty the queue, then join.
void get_first(mp::Process& child, Results& results) {
  fmt::print("  Parent got {} bytes\n", results.get().size());
  child.join();
}

void run_parent(void (*collect)(mp::Process&, Results&), std::size_t size, double patience) {
  const mp::Watchdog watchdog{std::chrono::duration<double>{patience}};
  Results results;
  mp::Process child{{.name = "Child"}, work, std::ref(results), size};
  collect(child, results);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  double patience = 1;
  int size = 1'000'000;
  lesson::parse(argc, argv, "Joining before taking the result blocks forever if it is large.",
                {{"--patience", patience, "how many seconds the watchdog waits", 0.0, 3600.0},
                 {"--size", size, "how many bytes the large result has"}});

  const auto collect = [&](const char* title, auto how, int bytes) {
    fmt::print("{}, a result of {} bytes:\n", title, bytes);
    const auto length = static_cast<std::size_t>(bytes);
    mp::Process parent{{.name = "Parent"}, run_parent, how, length, patience};
    fmt::print("  Parent ended with {}\n", mp::to_string(parent.join()));
  };
  collect("Join, then get", join_first, 100);
  collect("Join, then get", join_first, size);
  collect("The fix: get, then join", get_first, size);
}
