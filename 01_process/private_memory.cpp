#include <string_view>
#include <fmt/format.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>

int number = 1;

void show(std::string_view when) {
  fmt::print("{}: {} the number is {}, at address {}\n", mp::this_process::name(), when, number,
             fmt::ptr(&number));
}

void change() {
  number = 42;
  show("after my change");
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  lesson::parse(argc, argv, "A process changes a variable, and its parent's copy stays the same.");

  show("at the start");
  mp::Process child{change};
  child.join();
  // The address is the same, but the memory is not: each process has its own copy.
  show("after the other's change");
  fmt::print("{}\n", number == 1 ? "The change was lost." : "The change arrived.");
}
