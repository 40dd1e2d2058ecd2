#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>

using namespace std::chrono_literals;

void return_normally() {}
void exit_with_3() { std::exit(3); }
void throw_exception() { throw std::runtime_error{"cannot continue"}; }
void die_by_signal() { std::raise(SIGKILL); }  // as the kernel does when memory runs out
void sleep_long() { std::this_thread::sleep_for(1h); }

void show(mp::Process& process) {
  const mp::ExitStatus status = process.join();  // an exit code or a signal, never both
  fmt::print("{}: {}\n", process.name(), mp::to_string(status));
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  lesson::parse(argc, argv, "The ways a process can end, and how its parent finds out.",
                {lesson::start_method()});

  mp::Process normal{{.name = "a normal end"}, return_normally};
  show(normal);
  mp::Process exits{{.name = "std::exit(3)"}, exit_with_3};
  show(exits);
  // The child reports the exception on standard error; the parent sees only exit code 1.
  mp::Process throws{{.name = "an exception"}, throw_exception};
  show(throws);
  mp::Process dies{{.name = "a signal"}, die_by_signal};
  show(dies);

  mp::Process sleeps{{.name = "terminate"}, sleep_long};
  // A plain join would wait for an hour.
  if (!sleeps.join_for(100ms)) fmt::print("join_for: it is still running\n");
  sleeps.terminate();
  show(sleeps);
}
