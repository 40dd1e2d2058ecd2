#include <cstdint>
#include <fmt/core.h>

#include "NAME.hpp"
#include <lesson/arguments.hpp>
#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  std::int64_t count = 1000;
  int workers = 4;
  lesson::parse(argc, argv, "Adds squares.",
                {{"--count", count, "how many squares", 0, 1'000'000},
                 {"--workers", workers, "how many processes share the work", 1, 1000}});
  fmt::print("{} workers: the sum of {} squares is {}\n", workers, count, NAME(count, workers));
}
