#include <charconv>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <fmt/format.h>

#include <lesson/timeline.hpp>

// Draws a timeline that a program has written with MP_TIMELINE=FILE.json. For MP_TIMELINE=FILE.svg
// and FILE.png the toolkit runs this itself.

int main(int argc, char** argv) {
  const std::string_view wanted = argc == 4 ? argv[3] : "800";
  int width = 0;  // unless it is a number
  const auto rest = std::from_chars(wanted.data(), wanted.data() + wanted.size(), width).ptr;
  if (argc < 3 || argc > 4 || rest != wanted.data() + wanted.size() || width < 300) {
    fmt::print(stderr, "usage: mp_timeline FILE.json|- PICTURE.svg|PICTURE.png [WIDTH]\n");
    return 2;
  }
  try {
    std::ifstream file;
    if (std::string{argv[1]} != "-") {
      file.open(argv[1]);
      if (!file) throw std::runtime_error{fmt::format("cannot read {}", argv[1])};
    }
    std::istream& input = file.is_open() ? file : std::cin;
    lesson::draw(lesson::read_timeline({std::istreambuf_iterator<char>{input}, {}}), argv[2],
                 width);
  } catch (const std::exception& error) {
    fmt::print(stderr, "mp_timeline: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
