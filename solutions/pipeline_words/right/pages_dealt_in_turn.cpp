#include <deque>
#include <stdexcept>
#include <vector>

#include "pipeline_words.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// Deals the pages in turn, one queue for each unpacker, and every unpacker counts on its own.
std::vector<std::int64_t> pipeline_words(int pages, int unpackers,
                                         const std::vector<std::string>& words) {
  if (pages < 0 || unpackers < 1) throw std::invalid_argument{"pages or unpackers"};
  std::deque<mp::Queue<std::string>> packed(static_cast<std::size_t>(unpackers));
  mp::Queue<std::vector<std::int64_t>> parts;
  std::vector<mp::Process> processes;
  for (auto& own : packed)
    processes.emplace_back([&] {
      std::vector<std::int64_t> counts(words.size());
      for (const auto& page : own)
        for (const auto& word : unpack(page))
          for (std::size_t i = 0; i < words.size(); ++i) counts[i] += word == words[i];
      parts.put(counts);
    });
  const mp::Process fetcher{[&] {
    for (int page = 0; page < pages; ++page)
      packed[static_cast<std::size_t>(page % unpackers)].put(fetch(page));
    for (auto& queue : packed) queue.close();
  }};
  std::vector<std::int64_t> counts(words.size());
  for (int unpacker = 0; unpacker < unpackers; ++unpacker) {
    const auto part = parts.get();
    for (std::size_t i = 0; i < words.size(); ++i) counts[i] += part[i];
  }
  return counts;
}
