#include <string>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>

void hello(const std::string& name) { fmt::print("hello {}\n", name); }

int main(int argc, char** argv) {
  mp::init(argc, argv);
  lesson::parse(argc, argv, "A process runs a function with an argument.",
                {lesson::start_method()});

  // The process gets a copy of the argument, because processes share no memory.
  mp::Process process{hello, "bob"};
  process.join();
}
