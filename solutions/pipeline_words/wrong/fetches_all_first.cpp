// Fails: the_stages_work_at_the_same_time
// Told: 0 pages are unpacked by then
#include <algorithm>
#include <functional>
#include <stdexcept>

#include "pipeline_words.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// The first stage keeps all pages until it has the last one.
std::vector<std::int64_t> pipeline_words(int pages, int unpackers,
                                         const std::vector<std::string>& words) {
  mp::Queue<std::string> packed;
  mp::Queue<std::vector<std::string>> unpacked;
  const mp::Process fetcher{[&] {
    std::vector<std::string> all;
    for (int page = 0; page < pages; ++page) all.push_back(fetch(page));
    for (const auto& page : all) packed.put(page);
    packed.close();
  }};
  std::vector<mp::Process> processes;
  for (int i = 0; i < unpackers; ++i)
    processes.emplace_back([&] {
      for (const auto& page : packed) unpacked.put(unpack(page));
    });
  std::vector<std::int64_t> counts(words.size());
  for (int page = 0; page < pages; ++page) {
    const auto found = unpacked.get();
    for (std::size_t i = 0; i < words.size(); ++i) counts[i] += std::ranges::count(found, words[i]);
  }
  return counts;
}
