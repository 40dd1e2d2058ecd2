#include <unistd.h>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>

// What has run so far, and in which process. The first step runs before main.
std::vector<std::pair<pid_t, std::string>> steps{{getpid(), "static objects"}};

void run(const std::string& what) { steps.push_back({getpid(), what}); }

void show_steps() {
  fmt::print("{}\n", mp::this_process::name());
  for (const auto& [process, what] : steps)
    fmt::print("  {} {}\n", process == getpid() ? "ran:   " : "copied:", what);
}

void task() {
  run("its task");
  show_steps();
}

int main(int argc, char** argv) {
  run("main up to mp::init");
  // A spawned process runs this, too. If it could start a process, that one would start another …
  std::string refusal;
  try {
    mp::Process{{.start_method = mp::StartMethod::spawn}, task};
  } catch (const std::logic_error& error) {
    refusal = error.what();
  }

  mp::init(argc, argv);  // a spawned process runs its task here and does not return

  lesson::parse(argc, argv, "What runs again in a new process, and why main begins with mp::init.");
  run("main after mp::init");
  show_steps();
  mp::Process{{.name = "Forked", .start_method = mp::StartMethod::fork}, task}.join();
  mp::Process{{.name = "Spawned", .start_method = mp::StartMethod::spawn}, task}.join();
  mp::Process{{.name = "By the server", .start_method = mp::StartMethod::forkserver}, task}.join();
  fmt::print("A process before mp::init? {}\n", refusal);
}
