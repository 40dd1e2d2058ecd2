#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Given: page number `page` of the book, 0, 1 …, packed. Takes its time.
std::string fetch(int page);

/// Given: the words on a packed page, in their order. Takes longer than fetching. Throws
/// std::invalid_argument if it is not a page that fetch() has returned.
std::vector<std::string> unpack(const std::string& packed);

/// Yours: how often each of the words is on the pages 0 … `pages` - 1 taken together. One process
/// fetches, so many others as `unpackers` says unpack, and the calling process counts, all of them
/// at the same time. All processes have ended when it returns.
///
/// Throws std::invalid_argument if the number of pages is negative, or there is no unpacker.
std::vector<std::int64_t> pipeline_words(int pages, int unpackers,
                                         const std::vector<std::string>& words);
