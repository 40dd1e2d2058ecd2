// Fails: the_stages_work_at_the_same_time
// Told: it waits for a process to end first
#include <algorithm>
#include <functional>
#include <stdexcept>

#include "pipeline_words.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

namespace {

using Packed = mp::Queue<std::string>;
using Unpacked = mp::Queue<std::vector<std::string>>;

void fetch_all(Packed& packed, int pages) {
  for (int page = 0; page < pages; ++page) packed.put(fetch(page));
  packed.close();
}

void unpack_all(Packed& packed, Unpacked& unpacked) {
  for (const auto& page : packed) unpacked.put(unpack(page));
}

}  // namespace

// Works while all words fit into the queue; with more of them the unpackers never end.
std::vector<std::int64_t> pipeline_words(int pages, int unpackers,
                                         const std::vector<std::string>& words) {
  if (pages < 0) throw std::invalid_argument{"the number of pages is negative"};
  if (unpackers < 1) throw std::invalid_argument{"there must be at least one unpacker"};
  Packed packed;
  Unpacked unpacked;
  mp::Process fetcher{fetch_all, std::ref(packed), pages};
  std::vector<mp::Process> processes;
  for (int i = 0; i < unpackers; ++i)
    processes.emplace_back(unpack_all, std::ref(packed), std::ref(unpacked));
  fetcher.join();
  for (auto& process : processes) process.join();
  unpacked.close();
  std::vector<std::int64_t> counts(words.size());
  for (const auto& found : unpacked)
    for (std::size_t i = 0; i < words.size(); ++i) counts[i] += std::ranges::count(found, words[i]);
  return counts;
}
