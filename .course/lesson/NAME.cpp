#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>

// The code under study comes first, main last.
void work(int number) { fmt::print("a process with the number {}\n", number); }

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int number = 7;
  lesson::parse(argc, argv, "What this lesson shows, in a sentence.",
                {{"--number", number, "what the process prints"}});

  mp::Process process{work, number};
  process.join();
  fmt::print("The last line is the result.\n");
}
