#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "scenario.hpp"
#include <mp/lock.hpp>
#include <mp/process.hpp>

namespace {

using mp::Process;

int number = 0;

void do_nothing() {}
void wait_forever() {
  for (;;) ::pause();
}
void end_itself() { ::raise(SIGKILL); }
void exit_with(int code) { std::exit(code); }
void start_one() { Process{{.name = "Grandchild"}, do_nothing}; }
void try_to_hold(mp::Lock& lock) {
  if (lock.try_lock_for(std::chrono::milliseconds{200})) std::exit(1);
}
void hold_and_end(mp::Lock& lock) {
  lock.lock();
  ::raise(SIGKILL);
}

void family() {
  Process parent{{.name = "Parent"}, start_one};
  parent.join();
  Process killed{{.name = "Killed"}, wait_forever};
  killed.kill();
  killed.join();
  Process{{.name = "Suicide"}, end_itself};
  Process{{.name = "Exit"}, exit_with, 3};
}

void locks() {
  mp::Lock one, other;
  one.lock();
  Process waiting{{.name = "Waiting"}, try_to_hold, std::ref(one)};
  waiting.join();

  other.lock();
  one.unlock();  // not in the order of a stack
  other.unlock();
  Process{{.name = "Holder"}, hold_and_end, std::ref(one)};
}

void many() {
  std::vector<Process> processes;
  for (int i = 0; i < number; ++i) processes.emplace_back(do_nothing);
}

void hang() {
  Process child{{.name = "Child", .daemon = true}, wait_forever};
  std::puts("hanging");
  std::fflush(stdout);
  child.join();
}

void forked_without_toolkit() {
  const pid_t child = ::fork();
  if (child == 0) {
    Process{{.name = "Unseen"}, do_nothing};
    std::exit(0);
  }
  ::siginfo_t information{};
  ::waitid(P_PID, static_cast<id_t>(child), &information, WEXITED);
  Process{{.name = "Seen"}, do_nothing};
}

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  if (argc > 3) number = std::stoi(argv[3]);
  return course::run_scenario(argc, argv,
                              {{"family", family},
                               {"locks", locks},
                               {"many", many},
                               {"hang", hang},
                               {"crash", [] { std::abort(); }},
                               {"forked", forked_without_toolkit}});
}
