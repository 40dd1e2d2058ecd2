#pragma once

#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

#include <mp/outcome.hpp>
#include <mp/pool_engine.hpp>

// How the replies of a batch become results, or exceptions. Not for lessons.

namespace mp::detail {

/// The results of a batch in order, or the first error in order.
template <class Result>
class Collector {
 public:
  Collector(std::size_t items, std::size_t chunk_size) : chunk_size_{chunk_size} {
    if constexpr (!std::is_void_v<Result>) results_.resize(items);
  }

  void take(Reply reply) {
    auto item = reply.chunk * chunk_size_;
    OutcomeReader outcomes{std::move(reply)};
    while (!outcomes.empty()) {
      try {
        if constexpr (is_number<Result>)
          item += outcomes.next(&results_[item]);
        else if constexpr (std::is_void_v<Result>)
          outcomes.template next<void>(), ++item;
        else
          results_[item] = outcomes.template next<Result>(), ++item;
      } catch (...) {
        if (!error_ || item < failed_) {
          failed_ = item;
          error_ = std::current_exception();
        }
        ++item;
      }
    }
  }

  auto finish() {
    if (error_) std::rethrow_exception(error_);
    if constexpr (!std::is_void_v<Result>) return std::move(results_);
  }

 private:
  std::size_t chunk_size_;
  std::vector<std::conditional_t<std::is_void_v<Result>, std::nullptr_t, Result>> results_;
  std::size_t failed_ = 0;
  std::exception_ptr error_;
};

/// The result of a batch with one call.
template <class Result>
Result take_one(Batch& batch, std::size_t, std::size_t) {
  return OutcomeReader{*batch.next()}.template next<Result>();
}

/// The results of all calls of a batch.
template <class Result>
auto take_all(Batch& batch, std::size_t items, std::size_t chunk_size) {
  Collector<Result> collector{items, chunk_size};
  while (auto reply = batch.next()) collector.take(*std::move(reply));
  return collector.finish();
}

}  // namespace mp::detail
