#include <cmath>
#include <fmt/core.h>

#include "sine_approximation.hpp"
#include <lesson/arguments.hpp>
#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  double x = 0.5;
  int terms = 3;
  lesson::parse(argc, argv, "Approximates the sine with its Taylor series.",
                {{"--x", x, "the angle, in radians", -100.0, 100.0},
                 {"--terms", terms, "how many terms", 0}});

  fmt::print("{} terms: {:.8f}\nsin({}): {:.8f}\n", terms, sine_approximation(x, terms), x,
             std::sin(x));
}
