#pragma once

#include <cstddef>
#include <exception>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <mp/outcome.hpp>
#include <mp/pool_engine.hpp>
#include <mp/pool_work.hpp>

namespace mp {
namespace detail {
class PoolCalls;
}

/// Results of `Pool::imap` and `imap_unordered`, which come as they are asked for: an input range.
/// Input is taken as the workers need it, a few chunks ahead. `*iterator` throws what that call has
/// thrown; `++` then goes on to the next.
template <class Function, class Range, bool ordered>
class LazyResults {
  using Item = std::ranges::range_value_t<Range>;
  using Work = detail::Work<Function, std::tuple<Item>>;
  using Result = typename Work::Result;

 public:
  using Value = std::conditional_t<std::is_void_v<Result>, std::monostate, Result>;

  class Iterator {
   public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(LazyResults& results) : results_{&results} { results.fetch(); }
    Value& operator*() const {
      if (results_->error_) std::rethrow_exception(results_->error_);
      return *results_->value_;
    }
    Iterator& operator++() {
      results_->fetch();
      return *this;
    }
    void operator++(int) { results_->fetch(); }
    bool operator==(std::default_sentinel_t) const { return results_->ended_; }

   private:
    LazyResults* results_;
  };
  Iterator begin() { return Iterator{*this}; }
  std::default_sentinel_t end() { return {}; }

 private:
  friend class detail::PoolCalls;
  LazyResults(std::shared_ptr<detail::Engine> engine, Function function, Range&& range,
              std::size_t chunk_size)
      : batch_{std::move(engine)},
        function_{std::move(function)},
        range_{std::forward<Range>(range)},
        chunk_size_{chunk_size} {
    feed();
  }

  void feed() {
    while (next_ != std::ranges::end(range_) && batch_.wants_more(early_.size()))
      batch_.submit(detail::encode_chunk<detail::AsItIs>(encoder_, next_, std::ranges::end(range_),
                                                         chunk_size_));
  }

  void fetch() {
    value_.reset();
    error_ = nullptr;
    while (!outcomes_ || outcomes_->empty()) {
      feed();
      auto reply = take_early();
      if (!reply) reply = batch_.next();
      if (!reply) {
        ended_ = true;
        return;
      }
      if (ordered && reply->chunk != turn_) {
        early_.emplace(reply->chunk, std::move(*reply));
        continue;
      }
      ++turn_;
      outcomes_.emplace(std::move(*reply));
    }
    try {
      if constexpr (std::is_void_v<Result>) {
        outcomes_->template next<void>();
        value_.emplace();
      } else {
        value_ = outcomes_->template next<Result>();
      }
    } catch (...) {
      error_ = std::current_exception();
    }
  }

  std::optional<detail::Reply> take_early() {
    auto node = early_.extract(turn_);
    if (node.empty()) return std::nullopt;
    return std::move(node.mapped());
  }

  detail::ScopedBatch batch_;
  Function function_;
  typename Work::Encoder encoder_{function_};
  Range range_;
  std::ranges::iterator_t<Range> next_ = std::ranges::begin(range_);
  std::size_t chunk_size_;
  std::map<std::size_t, detail::Reply> early_;  // of chunks whose turn has not come
  std::size_t turn_ = 0;
  std::optional<detail::OutcomeReader> outcomes_;
  std::optional<Value> value_;
  std::exception_ptr error_;
  bool ended_ = false;
};

}  // namespace mp
