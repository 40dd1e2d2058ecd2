#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>

#include <mp/async_result.hpp>
#include <mp/lazy_results.hpp>
#include <mp/partial.hpp>
#include <mp/pool_checks.hpp>
#include <mp/pool_core.hpp>
#include <mp/pool_results.hpp>
#include <mp/pool_work.hpp>
#include <mp/process.hpp>
#include <mp/worker_error.hpp>

namespace mp {

/// A function without arguments that every worker calls before its first task; like all work for a
/// pool a function, a lambda without captures, or mp::partial.
class Initializer {
 public:
  Initializer() = default;
  template <class Function>
  requires(!std::same_as<std::remove_cvref_t<Function>, Initializer>)
      Initializer(const Function& function) {  // NOLINT(google-explicit-constructor)
    using Decayed = std::decay_t<const Function&>;
    if constexpr (detail::check_work<Decayed, std::tuple<>>()) {
      typename detail::Work<Decayed, std::tuple<>>::Chunk chunk{function};
      chunk.add();
      message = std::move(chunk.message);
    }
  }

  Message message;
};

struct PoolOptions {
  int processes = cpu_count();
  Initializer initializer{};
  /// Calls, then a new worker takes over; a chunk is finished first. 0: no limit.
  int max_tasks_per_child = 0;
  std::optional<StartMethod> start_method{};  ///< mp::start_method() when empty
};

struct MapOptions {
  std::ptrdiff_t chunk_size = 0;  ///< calls that travel together; 0: what suits the function
};

/// Worker processes that call functions, after Python's `multiprocessing.Pool`.
///
///     mp::Pool pool{4};
///     const std::vector<double> roots = pool.map(root, numbers);
///
/// A function is a function, a lambda without captures, or mp::partial. Arguments and results are
/// of any type that can travel (see mp/message.hpp); results are in input order. The function may
/// be void. What a worker prints comes out before its result.
///
/// An exception in a worker becomes RemoteError; a worker that dies makes WorkerDied of the calls
/// that it had begun and not answered (its chunk, as a rule), and is replaced. All other calls of a
/// batch are made nevertheless; `map` then throws the first error in input order.
///
/// Every worker has a socket of its own, so no lock dies with one. Whoever waits for a result moves
/// tasks and results, which saves a change of threads; only for the `async` functions there is a
/// thread, which does the same while nobody waits.
class Pool {
 public:
  explicit Pool(int processes = cpu_count()) : Pool{PoolOptions{.processes = processes}} {}
  explicit Pool(PoolOptions options);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Ends the workers. Work that is not done is given up: an AsyncResult of it throws PoolClosed.
  ~Pool();

  /// Calls `function(item)` for each item.
  template <class Function, std::ranges::input_range Range>
  auto map(Function function, Range&& range, MapOptions options = {}) {
    return map_now<detail::AsItIs>(function, detail::counted(range), options);
  }

  /// Calls `function(a, b...)` for each tuple (a, b...).
  template <class Function, std::ranges::input_range Range>
  auto starmap(Function function, Range&& range, MapOptions options = {}) {
    return map_now<detail::Unpacked>(function, detail::counted(range), options);
  }

  /// As `map`, but each result can be had as soon as it is there and its turn has come. The input
  /// may be endless: it is taken as needed, chunks of one if not told otherwise.
  template <class Function, std::ranges::input_range Range>
  auto imap(Function function, Range&& range, MapOptions options = {}) {
    return lazy<true>(std::move(function), std::forward<Range>(range), options);
  }

  /// As `imap`, but results come in the order in which they are ready.
  template <class Function, std::ranges::input_range Range>
  auto imap_unordered(Function function, Range&& range, MapOptions options = {}) {
    return lazy<false>(std::move(function), std::forward<Range>(range), options);
  }

  /// Calls `function(arguments...)` in a worker, and waits for the result.
  template <class Function, class... Argument>
  auto apply(Function function, Argument&&... arguments) {
    if constexpr (detail::check_work<Function, Arguments<Argument...>>()) {
      auto batch = submit_call(function, false, arguments...);
      return detail::take_one<detail::ResultOf<Function, Arguments<Argument...>>>(batch, 1, 1);
    } else {
      return detail::Anything{};
    }
  }

  /// As the functions without `async`, but the result is taken later. The input is taken at once.
  template <class Function, class... Argument>
  auto apply_async(Function function, Argument&&... arguments) {
    if constexpr (detail::check_work<Function, Arguments<Argument...>>()) {
      using Result = detail::ResultOf<Function, Arguments<Argument...>>;
      return AsyncResult<Result>{submit_call(function, true, arguments...),
                                 &detail::take_one<Result>, 1, 1};
    } else {
      return detail::Anything{};
    }
  }
  template <class Function, std::ranges::input_range Range>
  auto map_async(Function function, Range&& range, MapOptions options = {}) {
    return map_later<detail::AsItIs>(function, detail::counted(range), options);
  }
  template <class Function, std::ranges::input_range Range>
  auto starmap_async(Function function, Range&& range, MapOptions options = {}) {
    return map_later<detail::Unpacked>(function, detail::counted(range), options);
  }

 private:
  template <class... Argument>
  using Arguments = std::tuple<std::decay_t<Argument>...>;

  template <class Function, class... Argument>
  detail::Batch submit_call(const Function& function, bool in_background,
                            const Argument&... arguments) {
    typename detail::Work<Function, Arguments<const Argument&...>>::Chunk chunk{function};
    chunk.add(arguments...);
    detail::Batch batch{core_};
    batch.submit(std::move(chunk.message), 1, in_background);
    return batch;
  }

  template <class Spread, class Function, class Range>
  auto map_now(const Function& function, Range&& range, MapOptions options) {
    if constexpr (!detail::check_range<Spread, Function, Range>()) {
      return detail::Anything{};
    } else {
      const auto items = static_cast<std::size_t>(std::ranges::size(range));
      const auto chunk_size = chunk_size_for(items, options);
      detail::Collector<typename detail::WorkOn<Spread, Function, Range>::Result> collector{
          items, chunk_size};
      detail::ScopedBatch batch{core_};
      detail::for_each_chunk<Spread>(function, range, chunk_size, [&](auto& chunk) {
        while (batch.unanswered() >= batch.ahead()) collector.take(*batch.next());
        batch.submit(std::move(chunk.message), chunk.calls);
      });
      while (auto answer = batch.next()) collector.take(*std::move(answer));
      return collector.finish();
    }
  }

  template <class Spread, class Function, class Range>
  auto map_later(const Function& function, Range&& range, MapOptions options) {
    if constexpr (!detail::check_range<Spread, Function, Range>()) {
      return detail::Anything{};
    } else {
      using Result = typename detail::WorkOn<Spread, Function, Range>::Result;
      using All = decltype(detail::take_all<Result>(std::declval<detail::Batch&>(), 0, 0));
      const auto items = static_cast<std::size_t>(std::ranges::size(range));
      const auto chunk_size = chunk_size_for(items, options);
      detail::ScopedBatch batch{core_};
      detail::for_each_chunk<Spread>(function, range, chunk_size, [&](auto& chunk) {
        batch.submit(std::move(chunk.message), chunk.calls, true);
      });
      return AsyncResult<All>{batch.release(), &detail::take_all<Result>, items, chunk_size};
    }
  }

  template <bool ordered, class Function, class Range>
  auto lazy(Function function, Range&& range, MapOptions options) {
    if constexpr (detail::check_range<detail::AsItIs, Function, Range>())
      return LazyResults<Function, Range, ordered>{
          core_, std::move(function), std::forward<Range>(range), chunk_size_for(1, options)};
    else
      return detail::Anything{};
  }

  std::size_t chunk_size_for(std::size_t items, MapOptions options) const;

  std::shared_ptr<detail::PoolCore> core_;
};

}  // namespace mp
