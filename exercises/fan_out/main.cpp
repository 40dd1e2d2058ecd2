#include <fmt/core.h>

#include "fan_out.hpp"
#include <lesson/arguments.hpp>
#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int width = 2, depth = 3;
  lesson::parse(argc, argv, "Starts a tree of processes and adds up their results.",
                {{"--width", width, "how many children a process starts", 1, 5},
                 {"--depth", depth, "how many levels are below the root", 0, 3}});
  fmt::print("width {}, depth {}: the sum is {}\n", width, depth, fan_out(width, depth));
}
