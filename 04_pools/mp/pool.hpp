#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include <mp/lazy_results.hpp>
#include <mp/partial.hpp>
#include <mp/pool_core.hpp>
#include <mp/process.hpp>
#include <mp/worker_error.hpp>

namespace mp {

/// The result was not there within the limit.
struct TimedOut : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The pool was destroyed before the work was done.
struct PoolClosed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

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
  int max_tasks_per_child = 0;                ///< calls, then a new worker; 0: no limit
  std::optional<StartMethod> start_method{};  ///< mp::start_method() when empty
};

struct MapOptions {
  std::ptrdiff_t chunk_size = 0;  ///< calls that travel together; 0: what suits the function
};

/// What is to come of work that was given to a pool.
template <class T>
class [[nodiscard]] AsyncResult {
 public:
  /// Waits for the result and gives it away; once. Throws what the work has thrown: RemoteError,
  /// WorkerDied, or PoolClosed.
  T get() {
    if (std::exchange(taken_, true)) throw std::logic_error{"this result has been taken already"};
    return collect_(batch_, items_, chunk_size_);
  }

  /// Waits no longer than the limit. Throws TimedOut; the result can still be got later.
  T get(Seconds limit) {
    if (!wait_for(limit)) throw TimedOut{"the result is not there yet"};
    return get();
  }

  bool wait_for(Seconds limit) { return batch_.wait(deadline_after(limit)); }
  void wait() { batch_.wait(std::nullopt); }
  bool ready() { return batch_.wait(at_once); }

 private:
  friend class Pool;
  using Collect = T (*)(detail::Batch&, std::size_t items, std::size_t chunk_size);
  AsyncResult(detail::Batch batch, Collect collect, std::size_t items, std::size_t chunk_size)
      : batch_{std::move(batch)}, collect_{collect}, items_{items}, chunk_size_{chunk_size} {}

  detail::Batch batch_;
  Collect collect_;
  std::size_t items_, chunk_size_;
  bool taken_ = false;
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
    return map_now<detail::AsItIs>(function, range, options);
  }

  /// Calls `function(a, b...)` for each tuple (a, b...).
  template <class Function, std::ranges::input_range Range>
  auto starmap(Function function, Range&& range, MapOptions options = {}) {
    return map_now<detail::Unpacked>(function, range, options);
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
      return take_one<detail::ResultOf<Function, Arguments<Argument...>>>(batch, 1, 1);
    } else {
      return detail::Anything{};
    }
  }

  /// As the functions without `async`, but the result is taken later. The input is taken at once.
  template <class Function, class... Argument>
  auto apply_async(Function function, Argument&&... arguments) {
    if constexpr (detail::check_work<Function, Arguments<Argument...>>()) {
      using Result = detail::ResultOf<Function, Arguments<Argument...>>;
      return AsyncResult<Result>{submit_call(function, true, arguments...), &take_one<Result>, 1,
                                 1};
    } else {
      return detail::Anything{};
    }
  }
  template <class Function, std::ranges::input_range Range>
  auto map_async(Function function, Range&& range, MapOptions options = {}) {
    return map_later<detail::AsItIs>(function, range, options);
  }
  template <class Function, std::ranges::input_range Range>
  auto starmap_async(Function function, Range&& range, MapOptions options = {}) {
    return map_later<detail::Unpacked>(function, range, options);
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

  // Calls `submit(chunk)` for one chunk of calls after the other.
  template <class Spread, class Function, class Range, class Submit>
  static void for_each_chunk(const Function& function, Range& range, std::size_t chunk_size,
                             const Submit& submit) {
    auto next = std::ranges::begin(range);
    while (next != std::ranges::end(range)) {
      typename detail::WorkOn<Spread, Function, Range>::Chunk chunk{function};
      for (; chunk.calls < chunk_size && next != std::ranges::end(range); ++next) {
        const std::ranges::range_value_t<Range>& item = *next;
        Spread::add(chunk, item);
      }
      submit(chunk);
    }
  }

  template <class Spread, class Function, class Range>
  auto map_now(const Function& function, Range& range, MapOptions options) {
    if constexpr (!detail::check_range<Spread, Function, Range>()) {
      return detail::Anything{};
    } else if constexpr (!std::ranges::sized_range<Range>) {
      auto items = detail::items_of(range);
      return map_now<Spread>(function, items, options);
    } else {
      const auto items = static_cast<std::size_t>(std::ranges::size(range));
      const auto chunk_size = chunk_size_for(items, options);
      detail::Collector<typename detail::WorkOn<Spread, Function, Range>::Result> collector{
          items, chunk_size};
      detail::ScopedBatch batch{core_};
      for_each_chunk<Spread>(function, range, chunk_size, [&](auto& chunk) {
        while (batch.unanswered() >= batch.ahead()) collector.take(*batch.next());
        batch.submit(std::move(chunk.message), chunk.calls);
      });
      while (auto answer = batch.next()) collector.take(*std::move(answer));
      return collector.finish();
    }
  }

  template <class Spread, class Function, class Range>
  auto map_later(const Function& function, Range& range, MapOptions options) {
    if constexpr (!detail::check_range<Spread, Function, Range>()) {
      return detail::Anything{};
    } else if constexpr (!std::ranges::sized_range<Range>) {
      auto items = detail::items_of(range);
      return map_later<Spread>(function, items, options);
    } else {
      using Result = typename detail::WorkOn<Spread, Function, Range>::Result;
      using All = decltype(take_all<Result>(std::declval<detail::Batch&>(), 0, 0));
      const auto items = static_cast<std::size_t>(std::ranges::size(range));
      const auto chunk_size = chunk_size_for(items, options);
      detail::ScopedBatch batch{core_};
      for_each_chunk<Spread>(function, range, chunk_size, [&](auto& chunk) {
        batch.submit(std::move(chunk.message), chunk.calls, true);
      });
      return AsyncResult<All>{batch.release(), &take_all<Result>, items, chunk_size};
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

  template <class Result>
  static Result take_one(detail::Batch& batch, std::size_t, std::size_t) {
    return detail::Outcomes<Result>{*batch.next()}.next();
  }

  template <class Result>
  static auto take_all(detail::Batch& batch, std::size_t items, std::size_t chunk_size) {
    detail::Collector<Result> collector{items, chunk_size};
    while (auto answer = batch.next()) collector.take(*std::move(answer));
    return collector.finish();
  }

  std::size_t chunk_size_for(std::size_t items, MapOptions options) const;

  std::shared_ptr<detail::PoolCore> core_;
};

}  // namespace mp
