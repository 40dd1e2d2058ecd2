#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>

void greet(int number) { fmt::print("Hello from process number {}\n", number); }

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 2;
  lesson::parse(argc, argv, "Several processes print a greeting; the main process waits for them.",
                {{"--processes", processes, "how many processes greet"}, lesson::start_method()});

  std::vector<mp::Process> greeters;
  for (int number = 0; number < processes; ++number) greeters.emplace_back(greet, number);

  // Without this, the last line could come first, because the processes run at the same time.
  for (auto& greeter : greeters) greeter.join();
  fmt::print("Main process is done\n");
}
