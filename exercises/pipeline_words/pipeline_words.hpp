#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Given: returns page number `page` (0, 1 …) of the book, packed. This takes time.
std::string fetch(int page);

/// Given: returns the words on a packed page, in their order. This takes longer than fetching.
/// Throws std::invalid_argument if it is not a page from fetch().
std::vector<std::string> unpack(const std::string& packed);

/// Yours: returns how often each of the words occurs on the pages 0 … `pages` - 1 together. One
/// process fetches, `unpackers` others unpack, and the calling process counts, all of them at the
/// same time. All processes have ended when it returns.
///
/// Throws std::invalid_argument if the number of pages is negative or there is no unpacker.
std::vector<std::int64_t> pipeline_words(int pages, int unpackers,
                                         const std::vector<std::string>& words);
