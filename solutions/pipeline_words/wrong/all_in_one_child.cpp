// Fails: every_stage_has_processes_of_its_own
// Told: the process that fetches does nothing else
#include <algorithm>
#include <functional>
#include <stdexcept>

#include "pipeline_words.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// One child does the work of the first two stages.
std::vector<std::int64_t> pipeline_words(int pages, int, const std::vector<std::string>& words) {
  mp::Queue<std::string> found;
  const mp::Process child{[&] {
    for (int page = 0; page < pages; ++page)
      for (const auto& word : unpack(fetch(page))) found.put(word);
    found.close();
  }};
  std::vector<std::int64_t> counts(words.size());
  for (const auto& word : found)
    for (std::size_t i = 0; i < words.size(); ++i) counts[i] += word == words[i];
  return counts;
}
