#include <cstdio>

#include <mp/memory.hpp>

// memory_scenario FOLDER: makes a call, and prints whether it was computed.

namespace {

bool was_computed = false;

int square(int x) {
  was_computed = true;
  return x * x;
}

}  // namespace

int main(int, char** arguments) {
  mp::Memory memory{arguments[1]};
  memory.call(square, 9);
  std::puts(was_computed ? "computed" : "kept");
}
