#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>

void doubler(int number) {
  fmt::print("{} doubled to {} by: {}\n", number, 2 * number, mp::this_process::name());
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  const std::vector numbers{5, 10, 15, 20, 25};
  lesson::parse(argc, argv, "Every process has a name, which can be chosen when it is started.",
                {lesson::start_method()});

  std::vector<mp::Process> processes;
  for (const int number : numbers) processes.emplace_back(doubler, number);
  processes.emplace_back(mp::ProcessOptions{.name = "Test"}, doubler, 2);

  // All six run at once, so their lines come in any order.
  for (auto& process : processes) process.join();
}
