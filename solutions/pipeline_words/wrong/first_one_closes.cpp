// Fails: the_words_are_counted
// Told: Is one of them done before the others
#include <algorithm>
#include <functional>
#include <stdexcept>

#include "pipeline_words.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// As in the lesson, each stage closes its queue when it is done. But there are several unpackers,
// and the first one that is done closes the queue for all.
std::vector<std::int64_t> pipeline_words(int pages, int unpackers,
                                         const std::vector<std::string>& words) {
  mp::Queue<std::string> packed;
  mp::Queue<std::vector<std::string>> unpacked;
  const mp::Process fetcher{[&] {
    for (int page = 0; page < pages; ++page) packed.put(fetch(page));
    packed.close();
  }};
  std::vector<mp::Process> processes;
  for (int i = 0; i < unpackers; ++i)
    processes.emplace_back([&] {
      for (const auto& page : packed) unpacked.put(unpack(page));
      unpacked.close();
    });
  std::vector<std::int64_t> counts(words.size());
  for (const auto& found : unpacked)
    for (std::size_t i = 0; i < words.size(); ++i) counts[i] += std::ranges::count(found, words[i]);
  return counts;
}
