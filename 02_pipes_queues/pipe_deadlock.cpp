#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>
#include <mp/watchdog.hpp>

void add_one(mp::Connection parent) {
  fmt::print("Process-1 waits for a number\n");
  const int number = parent.recv<int>();
  parent.send(number + 1);
}

int ask(mp::Connection& child) {
  fmt::print("MainProcess waits for the answer\n");
  const int answer = child.recv<int>();  // the bug: the question is sent one line too late
  child.send(41);
  return answer;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  double patience = 1;
  bool forever = false;
  lesson::parse(argc, argv, "Two processes wait for each other; a watchdog explains why.",
                {{"--patience", patience, "how many seconds the watchdog waits", 0.0, 3600.0},
                 {"--forever", forever, "no watchdog; wait until you press Ctrl-C"}});

  // The watchdog kills processes, and what they have not written by then is lost.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::optional<mp::Watchdog> watchdog;
  if (!forever) watchdog.emplace(std::chrono::duration<double>{patience});

  auto [parent_end, child_end] = mp::pipe();
  mp::Process process{add_one, std::move(child_end)};
  fmt::print("The answer is {}\n", ask(parent_end));  // never reached
}
