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

#include <mp/deadline.hpp>
#include <mp/outcome.hpp>
#include <mp/pool_engine.hpp>
#include <mp/pool_work.hpp>

namespace mp {
namespace detail {
class PoolCalls;
}

/// The results of `Pool::imap` and `imap_unordered`, an input range that waits for each result when
/// it is needed, even by range adaptors. Input is taken as the workers need it, a few chunks ahead.
/// `*iterator` throws the error of its call; `++` then continues with the next.
template <class Function, class Range, bool ordered>
class LazyResults : public std::ranges::view_base {
  using Item = std::ranges::range_value_t<Range>;
  using Work = detail::Work<Function, std::tuple<Item>>;
  using Result = typename Work::Result;
  struct State;

 public:
  using Value = std::conditional_t<std::is_void_v<Result>, std::monostate, Result>;

  class Iterator {
   public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(State& state) : state_{&state} { state.fetch(); }
    Value& operator*() const {
      if (state_->error) std::rethrow_exception(state_->error);
      return *state_->value;
    }
    Iterator& operator++() {
      state_->fetch();
      return *this;
    }
    void operator++(int) { state_->fetch(); }
    bool operator==(std::default_sentinel_t) const { return state_->ended; }

   private:
    State* state_;
  };
  Iterator begin() { return Iterator{*state_}; }
  std::default_sentinel_t end() { return {}; }

 private:
  friend class detail::PoolCalls;
  LazyResults(std::shared_ptr<detail::Engine> engine, Function function, Range&& range,
              std::size_t chunk_size, Deadline deadline)
      : state_{new State{detail::ScopedBatch{std::move(engine)}, std::move(function),
                         std::forward<Range>(range), chunk_size, deadline}} {
    state_->feed();
  }

  // Its parts refer to each other, so it must not move.
  struct State {
    detail::ScopedBatch batch;
    Function function;
    Range range;
    std::size_t chunk_size;
    Deadline deadline;
    typename Work::Encoder encoder{function};
    std::ranges::iterator_t<Range> next = std::ranges::begin(range);
    std::map<std::size_t, detail::Reply> early{};  // of chunks whose turn has not come yet
    std::size_t turn = 0;
    std::optional<detail::OutcomeReader> outcomes{};
    std::optional<Value> value{};
    std::exception_ptr error{};
    bool ended = false;

    void feed() {
      while (next != std::ranges::end(range) && batch.wants_more(early.size()))
        batch.submit(detail::encode_chunk<detail::AsItIs>(encoder, next, std::ranges::end(range),
                                                          chunk_size));
    }

    void fetch() {
      value.reset();
      error = nullptr;
      while (!outcomes || outcomes->empty()) {
        feed();
        auto reply = take_early();
        if (!reply) reply = batch.next(deadline);
        if (!reply) {
          ended = true;
          return;
        }
        if (ordered && reply->chunk != turn) {
          early.emplace(reply->chunk, std::move(*reply));
          continue;
        }
        ++turn;
        outcomes.emplace(std::move(*reply));
      }
      try {
        if constexpr (std::is_void_v<Result>) {
          outcomes->template next<void>();
          value.emplace();
        } else {
          value = outcomes->template next<Result>();
        }
      } catch (...) {
        error = std::current_exception();
      }
    }

    std::optional<detail::Reply> take_early() {
      auto node = early.extract(turn);
      if (node.empty()) return std::nullopt;
      return std::move(node.mapped());
    }
  };
  std::unique_ptr<State> state_;
};

}  // namespace mp
