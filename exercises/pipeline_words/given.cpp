#include <array>
#include <chrono>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "pipeline_words.hpp"
#include "places.hpp"
#include <harness/trace_scope.hpp>
#include <lesson/random.hpp>

namespace {

// When run by hand, the stages take time, so that the effect is visible. The examiner needs none.
void take_time(const harness::TraceScope& scope, int milliseconds) {
  if (scope.secret() == 0) std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
}

}  // namespace

std::string fetch(int page) {
  std::optional<harness::TraceScope> held;
  if (page == places::later_page) held.emplace(harness::TraceScope::at(places::later_pages));
  const harness::TraceScope scope{calls::fetch, page};
  take_time(scope, 4);
  return "page " + std::to_string(page) + " " + std::to_string(scope.secret() % 1'000'000'000);
}

std::vector<std::string> unpack(const std::string& packed) {
  std::istringstream stream{packed};
  std::string kind;
  std::int64_t page = 0, mark = 0;
  if (!(stream >> kind >> page >> mark) || kind != "page")
    throw std::invalid_argument{"this is not a page from fetch(): " + packed};
  const harness::TraceScope scope{calls::unpack, page, mark};
  {
    const auto held = harness::TraceScope::at(page == 0 ? places::first_page : places::unpack);
    take_time(scope, 20);
  }
  constexpr std::array book{"process", "thread", "pipe", "queue", "lock", "Lock",
                            "memory",  "worker", "task", "wait",  "end",  "the"};
  const int seed = static_cast<int>(scope.secret());  // determines the words
  std::vector<std::string> words;
  for (int i = 0; i < 50; ++i) {
    const auto number = page * 50 + i;
    words.emplace_back(
        book.at(static_cast<std::size_t>(lesson::random_below(book.size(), seed, number))));
  }
  return words;
}
