// Fails: every_stage_has_processes_of_its_own
// Told: the main process calls fetch\(\) or
#include <algorithm>

#include "pipeline_words.hpp"

// Does all the work in one process, without stages.
std::vector<std::int64_t> pipeline_words(int pages, int, const std::vector<std::string>& words) {
  std::vector<std::int64_t> counts;
  std::vector<std::string> found;
  for (int page = 0; page < pages; ++page)
    for (const auto& word : unpack(fetch(page))) found.push_back(word);
  for (const auto& word : words) counts.push_back(std::ranges::count(found, word));
  return counts;
}
