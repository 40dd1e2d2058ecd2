#include "hostile.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Mistakes and attacks that are independent of the task. The comment above each begins with its
// name, followed by the message that it must get.

namespace hostile {
namespace {

// returns_at_once: Expected: .*Seen:
void returns_at_once() {}

// crash: The main process crashed. Does it read or write beyond the end
void crash() { std::raise(SIGSEGV); }

// exit_at_once: Calling exit[(][)] in the main process
void exit_at_once() { std::exit(0); }

// exit_before_main: ended before it could be examined: exit code 0
void exit_before_main() { ::_exit(0); }

// endless_loop: Does each of its loops end
void endless_loop() {
  for (std::atomic<unsigned> count = 0;;) ++count;
}

// waits_forever: It hangs because all of its processes wait
// The child waits for end-of-file, but holds the other end of the pipe itself.
void waits_forever() {
  int ends[2];
  if (::pipe(ends) == -1) return;
  const pid_t child = ::fork();
  char byte = 0;
  if (child == 0) ::_exit(::read(ends[0], &byte, 1) == 1);
  ::close(ends[0]);
  ::close(ends[1]);
  ::waitpid(child, nullptr, 0);
}

// child_returns: returned from your function
// The child does not exit when its work is done, but returns like its parent.
void child_returns() {
  if (::fork() != 0) ::wait(nullptr);
}

// forged_output: ended before the function returned: exit code 0
// Nothing that it prints or writes to a file counts as a verdict.
void forged_output() {
  for (const char* const file : {"verdict.json", "../verdict.json", "/tmp/verdict.json"})
    std::ofstream{file} << R"({"tests": [{"name": "all", "passed": true, "points": 10}]})";
  std::puts("  ok      10 of 10  everything\n10 of 10 points");
  std::puts("[==========] 6 tests from 1 test suite ran.\n[  PASSED  ] 6 tests.");
  std::exit(0);
}

// output_flood: printed more than 64 MiB
void output_flood() {
  for (;;) std::puts("Still counting ...");
}

// fork_bomb: started more than 64 processes
void fork_bomb() {
  for (;;) ::fork();
}

// memory_eater: threw std::bad_alloc
void memory_eater() {
  std::vector<std::string> eaten;
  for (;;) eaten.emplace_back().reserve(64 << 20);
}

// memory_eaters: used more than 1 GiB
// None takes too much, but together they do. They share the memory, which counts for each of them.
void memory_eaters() {
  const std::string eaten(200 << 20, 'x');
  for (int child = 0; child < 8; ++child)
    if (::fork() == 0) break;
  for (;;) ::pause();
}

// kills_its_parent: ended before the function returned: exit code 3
void kills_its_parent() {
  ::kill(::getppid(), SIGKILL);
  std::exit(3);
}

// closes_everything: closed the examiner's connection
void closes_everything() { ::close_range(0, ~0U, 0); }

// garbage_everywhere: could not be read
// Writes to every possible descriptor.
void garbage_everywhere() {
  const std::string garbage(100, '?');
  for (int number = 3; number < 1024; ++number)
    if (::write(number, garbage.data(), garbage.size()) == -1) continue;
}

// zombie: is a zombie
void zombie() {
  if (::fork() == 0) ::_exit(0);
}

// disguised_zombie: is a zombie
// It has the name of the toolkit's fork server.
void disguised_zombie() {
  if (::fork() != 0) return;
  ::prctl(PR_SET_NAME, "ForkServer");
  ::_exit(0);
}

// disguised_orphan: is still running
void disguised_orphan() {
  if (::fork() != 0) return;
  ::prctl(PR_SET_NAME, "ForkServer");
  for (;;) ::pause();
}

// orphan: is still running
// A grandchild still sleeps when its parent has ended and been reaped.
void orphan() {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::fork() == 0) ::sleep(600);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

// leaked_descriptor: were open before
// Every call opens a pipe and closes only one end.
void leaked_descriptor() {
  int ends[2];
  if (::pipe(ends) == 0) ::close(ends[0]);
}

// file_left: left.txt
void file_left() { std::ofstream{std::filesystem::temp_directory_path() / "left.txt"} << "left"; }

// shared_memory_left: /dev/shm/left
// Named shared memory outlives the program.
void shared_memory_left() { ::close(::shm_open("/left", O_CREAT | O_RDWR, 0600)); }

constexpr std::pair<std::string_view, void (*)()> kinds[] = {
    {"returns_at_once", returns_at_once},
    {"crash", crash},
    {"exit_at_once", exit_at_once},
    {"endless_loop", endless_loop},
    {"waits_forever", waits_forever},
    {"child_returns", child_returns},
    {"forged_output", forged_output},
    {"output_flood", output_flood},
    {"fork_bomb", fork_bomb},
    {"memory_eater", memory_eater},
    {"memory_eaters", memory_eaters},
    {"kills_its_parent", kills_its_parent},
    {"closes_everything", closes_everything},
    {"garbage_everywhere", garbage_everywhere},
    {"zombie", zombie},
    {"disguised_zombie", disguised_zombie},
    {"disguised_orphan", disguised_orphan},
    {"orphan", orphan},
    {"leaked_descriptor", leaked_descriptor},
    {"file_left", file_left},
    {"shared_memory_left", shared_memory_left},
};

const std::string_view kind = program_invocation_short_name;

[[maybe_unused]] const bool started = [] {
  if (kind == "exit_before_main") exit_before_main();
  return true;
}();

}  // namespace

void misbehave() {
  for (const auto& [name, act] : kinds)
    if (name == kind) return act();
  std::printf("%s is not a kind of mistake\n", kind.data());
  std::abort();
}

}  // namespace hostile
