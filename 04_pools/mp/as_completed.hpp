#pragma once

#include <cstddef>
#include <deque>
#include <iterator>
#include <ranges>
#include <span>
#include <vector>

#include <mp/async_result.hpp>

namespace mp {

/// The range that mp::as_completed returns: results that are ready, one after the other.
template <class T>
class CompletedResults {
 public:
  class Iterator {
   public:
    using value_type = AsyncResult<T>;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(CompletedResults& results) : results_{&results} { results.fetch(); }
    AsyncResult<T>& operator*() const { return *results_->ready_.front(); }
    Iterator& operator++() {
      results_->ready_.pop_front();
      results_->fetch();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return results_->ready_.empty(); }

   private:
    CompletedResults* results_;
  };

  explicit CompletedResults(std::span<AsyncResult<T>> results) {
    for (auto& result : results) waiting_.push_back(&result);
  }
  Iterator begin() { return Iterator{*this}; }
  std::default_sentinel_t end() { return {}; }

 private:
  // Waits until one is ready, unless some are known to be ready or none is left.
  void fetch() {
    while (ready_.empty() && !waiting_.empty()) {
      std::erase_if(waiting_, [&](AsyncResult<T>* result) {
        if (!result->ready()) return false;
        ready_.push_back(result);
        return true;
      });
      if (!ready_.empty()) return;
      std::vector<const detail::Batch*> batches;
      for (const auto* result : waiting_) batches.push_back(&result->batch_);
      detail::Batch::wait_for_any(batches);
    }
  }

  std::vector<AsyncResult<T>*> waiting_;
  std::deque<AsyncResult<T>*> ready_;
};

/// Results of one pool's `async` calls in the order in which they are ready; after Python's
/// `concurrent.futures.as_completed`. The range refers to `results`, which must outlive it.
///
///     std::vector<mp::AsyncResult<double>> results = …;
///     for (auto& result : mp::as_completed(results)) fmt::print("{}\n", result.get());
template <std::ranges::contiguous_range Results>
auto as_completed(Results& results) {
  return CompletedResults{std::span{results}};
}

}  // namespace mp
