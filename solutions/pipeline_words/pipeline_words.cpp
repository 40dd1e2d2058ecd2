#include "pipeline_words.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include <mp/process.hpp>
#include <mp/queue.hpp>

namespace {

using Packed = mp::Queue<std::string>;
using Unpacked = mp::Queue<std::vector<std::string>>;

// Changed: the first stage. Only this process writes to its queue, so it may close it.
void fetch_all(Packed& packed, int pages) {
  for (int page = 0; page < pages; ++page) packed.put(fetch(page));
  packed.close();
}

// Changed: the second stage, in several processes. Each takes the next page from the queue.
void unpack_all(Packed& packed, Unpacked& unpacked) {
  for (const auto& page : packed) unpacked.put(unpack(page));
}

}  // namespace

std::vector<std::int64_t> pipeline_words(int pages, int unpackers,
                                         const std::vector<std::string>& words) {
  if (pages < 0) throw std::invalid_argument{"the number of pages is negative"};
  if (unpackers < 1) throw std::invalid_argument{"there must be at least one unpacker"};

  Packed packed;
  Unpacked unpacked;
  const mp::Process fetcher{fetch_all, std::ref(packed), pages};
  std::vector<mp::Process> processes;
  for (int i = 0; i < unpackers; ++i)
    processes.emplace_back(unpack_all, std::ref(packed), std::ref(unpacked));

  // The third stage. No unpacker knows when the others are done, so none may close this queue. But
  // there is one message for each page.
  std::vector<std::int64_t> counts(words.size());
  for (int page = 0; page < pages; ++page) {
    const auto found = unpacked.get();
    for (std::size_t i = 0; i < words.size(); ++i) counts[i] += std::ranges::count(found, words[i]);
  }
  return counts;
}
