#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <new>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <mp/as_completed.hpp>
#include <mp/async_result.hpp>
#include <mp/deadline.hpp>
#include <mp/lazy_results.hpp>
#include <mp/partial.hpp>
#include <mp/pool_checks.hpp>
#include <mp/pool_engine.hpp>
#include <mp/pool_results.hpp>
#include <mp/pool_work.hpp>
#include <mp/zip.hpp>

namespace mp {

struct MapOptions {
  std::ptrdiff_t chunk_size = 0;  ///< calls that are sent together; 0: a suitable number
  /// Throws TimedOut when the results are not ready by then. Not for the functions with `async`,
  /// because AsyncResult::get takes a limit.
  std::optional<Seconds> time_limit{};
};

namespace detail {

/// The ways to give work to a pool, whichever engine runs it.
///
/// They take a function, a lambda without captures, or mp::partial, which may return void.
/// Arguments and results may have any type that can travel (see mp/message.hpp); results are in
/// input order. What a worker prints appears before its result arrives.
class PoolCalls {
 public:
  explicit PoolCalls(std::shared_ptr<Engine> engine) : engine_{std::move(engine)} {}
  PoolCalls(const PoolCalls&) = delete;
  PoolCalls& operator=(const PoolCalls&) = delete;

  /// Ends the workers. Unfinished work is dropped, and its AsyncResult throws PoolClosed.
  ~PoolCalls() {
    // A forked child must leave its copy alone, because the parent's threads cannot be joined
    // there.
    if (!engine_->close()) new (std::nothrow) std::shared_ptr{engine_};
  }

  /// Calls `function(item)` for each item. Here and below, the items may be a list: {1, 2, 3}.
  template <class Function, std::ranges::input_range Range>
  auto map(Function function, Range&& range, MapOptions options = {}) {
    return map_now<AsItIs>(function, counted(range), options);
  }
  template <class Function, class Item>
  auto map(Function function, std::initializer_list<Item> items, MapOptions options = {}) {
    return map_now<AsItIs>(function, items, options);
  }

  /// Calls `function(a, b...)` for each tuple (a, b...). mp::zip makes tuples of several ranges.
  template <class Function, std::ranges::input_range Range>
  auto starmap(Function function, Range&& range, MapOptions options = {}) {
    return map_now<Unpacked>(function, counted(range), options);
  }
  template <class Result, class... Argument>
  auto starmap(Result (*function)(Argument...),
               std::initializer_list<std::tuple<std::decay_t<Argument>...>> items,
               MapOptions options = {}) {
    return map_now<Unpacked>(function, items, options);
  }

  /// Like `map`, but yields each result as soon as it and all earlier ones are ready. The input may
  /// be endless, because it is taken as needed; the default chunk size is 1.
  template <class Function, std::ranges::input_range Range>
  auto imap(Function function, Range&& range, MapOptions options = {}) {
    return lazy<true>(std::move(function), std::forward<Range>(range), options);
  }
  template <class Function, class Item>
  auto imap(Function function, std::initializer_list<Item> items, MapOptions options = {}) {
    return lazy<true>(std::move(function), std::vector(items), options);
  }

  /// Like `imap`, but yields results in the order in which they are ready.
  template <class Function, std::ranges::input_range Range>
  auto imap_unordered(Function function, Range&& range, MapOptions options = {}) {
    return lazy<false>(std::move(function), std::forward<Range>(range), options);
  }
  template <class Function, class Item>
  auto imap_unordered(Function function, std::initializer_list<Item> items,
                      MapOptions options = {}) {
    return lazy<false>(std::move(function), std::vector(items), options);
  }

  /// Calls `function(arguments...)` in a worker and waits for the result.
  template <class Function, class... Argument>
  auto apply(Function function, Argument&&... arguments) {
    if constexpr (check_work<Function, Arguments<Argument...>>()) {
      auto batch = submit_call(function, false, arguments...);
      return take_one<ResultOf<Function, Arguments<Argument...>>>(batch, 1, 1);
    } else {
      return Anything{};
    }
  }

  /// Like the functions without `async`, but the result is taken later. The input is taken at once.
  template <class Function, class... Argument>
  auto apply_async(Function function, Argument&&... arguments) {
    if constexpr (check_work<Function, Arguments<Argument...>>()) {
      using Result = ResultOf<Function, Arguments<Argument...>>;
      return AsyncResult<Result>{submit_call(function, true, arguments...), &take_one<Result>, 1,
                                 1};
    } else {
      return Anything{};
    }
  }
  template <class Function, std::ranges::input_range Range>
  auto map_async(Function function, Range&& range, MapOptions options = {}) {
    return map_later<AsItIs>(function, counted(range), options);
  }
  template <class Function, class Item>
  auto map_async(Function function, std::initializer_list<Item> items, MapOptions options = {}) {
    return map_later<AsItIs>(function, items, options);
  }
  template <class Function, std::ranges::input_range Range>
  auto starmap_async(Function function, Range&& range, MapOptions options = {}) {
    return map_later<Unpacked>(function, counted(range), options);
  }
  template <class Result, class... Argument>
  auto starmap_async(Result (*function)(Argument...),
                     std::initializer_list<std::tuple<std::decay_t<Argument>...>> items,
                     MapOptions options = {}) {
    return map_later<Unpacked>(function, items, options);
  }

 private:
  template <class... Argument>
  using Arguments = std::tuple<std::decay_t<Argument>...>;

  template <class Function, class... Argument>
  Batch submit_call(const Function& function, bool in_background, const Argument&... arguments) {
    typename Work<Function, Arguments<const Argument&...>>::Encoder encoder{function};
    encoder.start(1);
    encoder.add(arguments...);
    Batch batch{engine_};
    batch.submit(encoder.finish(), in_background);
    return batch;
  }

  template <class Spread, class Function, class Range>
  auto map_now(const Function& function, Range&& range, MapOptions options) {
    if constexpr (!check_range<Spread, Function, Range>()) {
      return Anything{};
    } else {
      using Work = WorkOn<Spread, Function, Range>;
      const auto items = static_cast<std::size_t>(std::ranges::size(range));
      const auto chunk_size = chunk_size_for(items, options);
      const auto deadline = deadline_for(options);
      Collector<typename Work::Result> collector{items, chunk_size};
      ScopedBatch batch{engine_};
      typename Work::Encoder encoder{function};
      for (auto next = std::ranges::begin(range); next != std::ranges::end(range);) {
        while (!batch.wants_more()) collector.take(*batch.next(deadline));
        auto chunk = encode_chunk<Spread>(encoder, next, std::ranges::end(range), chunk_size);
        chunk.others_follow = takes_no_time<decltype(next)>;
        batch.submit(std::move(chunk));
      }
      while (auto reply = batch.next(deadline)) collector.take(*std::move(reply));
      return collector.finish();
    }
  }

  template <class Spread, class Function, class Range>
  auto map_later(const Function& function, Range&& range, MapOptions options) {
    if constexpr (!check_range<Spread, Function, Range>()) {
      return Anything{};
    } else {
      using Work = WorkOn<Spread, Function, Range>;
      using Result = typename Work::Result;
      using All = decltype(take_all<Result>(std::declval<Batch&>(), 0, 0));
      const auto items = static_cast<std::size_t>(std::ranges::size(range));
      const auto chunk_size = chunk_size_for(items, options);
      ScopedBatch batch{engine_};
      typename Work::Encoder encoder{function};
      for (auto next = std::ranges::begin(range); next != std::ranges::end(range);)
        batch.submit(encode_chunk<Spread>(encoder, next, std::ranges::end(range), chunk_size),
                     true);
      return AsyncResult<All>{batch.release(), &take_all<Result>, items, chunk_size};
    }
  }

  template <bool ordered, class Function, class Range>
  auto lazy(Function function, Range&& range, MapOptions options) {
    if constexpr (check_range<AsItIs, Function, Range>())
      return LazyResults<Function, Range, ordered>{
          engine_, std::move(function), std::forward<Range>(range), chunk_size_for(1, options),
          deadline_for(options)};
    else
      return Anything{};
  }

  std::size_t chunk_size_for(std::size_t items, MapOptions options) const {
    if (options.chunk_size < 0) throw std::invalid_argument{"a chunk size cannot be negative"};
    if (options.chunk_size > 0) return static_cast<std::size_t>(options.chunk_size);
    const auto chunks = 4 * engine_->workers();
    return std::max<std::size_t>(1, (items + chunks - 1) / chunks);
  }

  static Deadline deadline_for(const MapOptions& options) {
    if (!options.time_limit) return std::nullopt;
    return deadline_after(*options.time_limit);
  }

  std::shared_ptr<Engine> engine_;
};

}  // namespace detail
}  // namespace mp
