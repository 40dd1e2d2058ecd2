// Fails: the_words_are_counted
// Told: waits to receive from MainProcess
#include <algorithm>
#include <functional>
#include <stdexcept>

#include "pipeline_words.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// An empty page marks the end. One unpacker takes it, and the others wait forever.
std::vector<std::int64_t> pipeline_words(int pages, int unpackers,
                                         const std::vector<std::string>& words) {
  mp::Queue<std::string> packed;
  mp::Queue<std::vector<std::string>> unpacked;
  const mp::Process fetcher{[&] {
    for (int page = 0; page < pages; ++page) packed.put(fetch(page));
    packed.put("");
  }};
  std::vector<mp::Process> processes;
  for (int i = 0; i < unpackers; ++i)
    processes.emplace_back([&] {
      for (auto page = packed.get(); !page.empty(); page = packed.get()) unpacked.put(unpack(page));
    });
  std::vector<std::int64_t> counts(words.size());
  for (int page = 0; page < pages; ++page) {
    const auto found = unpacked.get();
    for (std::size_t i = 0; i < words.size(); ++i) counts[i] += std::ranges::count(found, words[i]);
  }
  return counts;
}
