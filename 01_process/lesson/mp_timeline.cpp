#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <fmt/format.h>

#include <lesson/timeline.hpp>

// Draws a timeline that a program has written with MP_TIMELINE=FILE.json. For MP_TIMELINE=FILE.svg
// and FILE.png the toolkit runs this by itself.

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: mp_timeline FILE.json|- PICTURE.svg|PICTURE.png\n");
    return 2;
  }
  try {
    std::ifstream file;
    if (std::string{argv[1]} != "-") {
      file.open(argv[1]);
      if (!file) throw std::runtime_error{fmt::format("cannot read {}", argv[1])};
    }
    std::istream& input = file.is_open() ? file : std::cin;
    lesson::draw(lesson::read_timeline({std::istreambuf_iterator<char>{input}, {}}), argv[2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "mp_timeline: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
