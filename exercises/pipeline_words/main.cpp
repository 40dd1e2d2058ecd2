#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>
#include <fmt/core.h>

#include "pipeline_words.hpp"
#include <lesson/arguments.hpp>
#include <lesson/timing.hpp>
#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int pages = 40, unpackers = 3;
  lesson::parse(argc, argv, "Counts words with three stages: fetch, unpack, count.",
                {{"--pages", pages, "how many pages the book has", 0, 100'000},
                 {"--unpackers", unpackers, "how many processes unpack", 1, 1000}});

  const std::vector<std::string> words{"process", "thread"};
  std::vector<std::int64_t> counts;
  const double seconds = lesson::seconds([&] { counts = pipeline_words(pages, unpackers, words); });
  for (std::size_t i = 0; i < words.size(); ++i) fmt::print("{}: {}\n", words[i], counts.at(i));
  fmt::print("{} unpackers: {:.2f} seconds\n", unpackers, seconds);
}
