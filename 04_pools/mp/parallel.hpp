#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <numeric>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <mp/pool.hpp>

namespace mp {

struct ParallelOptions {
  int processes = cpu_count();          ///< -1: as many as processors, -2: one fewer, and so on
  bool verbose = false;                 ///< print on standard error how many iterations are done
  std::optional<Seconds> time_limit{};  ///< throws TimedOut when the loop takes longer
};

namespace detail {

/// Returns the number of processes for a loop; a negative number counts down from all processors.
/// Throws std::invalid_argument for 0.
int parallel_processes(int asked);

/// Prints the progress of a loop: a bar if standard error is a terminal, otherwise ten lines such
/// as "Done 4 of 10 | elapsed 0.8 s".
class Progress {
 public:
  explicit Progress(std::size_t total);
  Progress(const Progress&) = delete;
  ~Progress();
  void one_more();

 private:
  using Clock = std::chrono::steady_clock;
  void draw_bar(double elapsed);

  std::size_t total_, done_ = 0;
  bool on_terminal_;
  Clock::time_point start_ = Clock::now(), drawn_{};
};

template <class Function, class Iterator>
struct Loop {
  Function& function;
  std::vector<Iterator> items;

  using Result = std::decay_t<std::invoke_result_t<Function&, std::iter_reference_t<Iterator>>>;

  // Runs in a worker, which was forked during the loop, so its copy has the same address.
  static auto round(std::uintptr_t address, std::size_t index) {
    auto& loop = *reinterpret_cast<Loop*>(address);
    if constexpr (std::is_void_v<Result>) {
      std::invoke(loop.function, *loop.items[index]);
      return std::pair{index, std::monostate{}};
    } else {
      return std::pair<std::size_t, Result>{index, std::invoke(loop.function, *loop.items[index])};
    }
  }
};

/// The loop itself.
template <class Range, class Function>
auto parallel_loop(Range& range, Function& function, const ParallelOptions& options) {
  using ThisLoop = Loop<Function, std::ranges::iterator_t<Range>>;
  using Result = typename ThisLoop::Result;
  const auto max_processes = parallel_processes(options.processes);
  ThisLoop loop{function, {}};
  for (auto item = std::ranges::begin(range); item != std::ranges::end(range); ++item)
    loop.items.push_back(item);
  const auto rounds = std::ranges::ssize(loop.items);

  std::vector<std::conditional_t<std::is_void_v<Result>, std::monostate, Result>> results(
      loop.items.size());
  if (rounds > 0) {
    std::vector<std::size_t> indices(loop.items.size());
    std::iota(indices.begin(), indices.end(), 0);
    Progress progress{options.verbose ? loop.items.size() : 0};
    const auto processes = std::min<std::ptrdiff_t>(max_processes, rounds);
    Pool pool{{.processes = static_cast<int>(processes),
               .start_method = StartMethod::fork,
               .shares_connections = true}};
    // Many short iterations are sent together, but not so many that a worker could be left without
    // work.
    const auto chunk_size = std::max<std::ptrdiff_t>(1, rounds / processes / 64);
    for (auto& [index, result] : pool.imap_unordered(
             partial(&ThisLoop::round, reinterpret_cast<std::uintptr_t>(&loop)), indices,
             {.chunk_size = chunk_size, .time_limit = options.time_limit})) {
      results[index] = std::move(result);
      progress.one_more();
    }
  }
  if constexpr (!std::is_void_v<Result>) return results;
}

}  // namespace detail

/// Calls `function(item)` for each item, several at the same time in separate processes, and
/// returns the results in order; after joblib's `Parallel(n_jobs)(delayed(f)(x) for x in xs)`.
///
///     auto squares = mp::parallel(xs, [&](int x) { return scale * x * x; }, {.processes = 4});
///
/// The workers are forked when the loop is known. So the function may capture anything, and only
/// results are sent, not items; but its changes stay in the worker. It may be void. Throws
/// RemoteError for the first exception to arrive, WorkerDied for a worker that died, TimedOut; the
/// rest of the loop is then dropped.
template <std::ranges::input_range Range, class Function>
auto parallel(Range&& range, Function&& function, const ParallelOptions& options = {}) {
  if constexpr (!std::ranges::forward_range<Range>) {  // its items can be read only once
    std::vector<std::ranges::range_value_t<Range>> items;
    for (auto&& item : range) items.push_back(std::forward<decltype(item)>(item));
    return parallel(items, function, options);
  } else {
    return detail::parallel_loop(range, function, options);
  }
}
template <class Item, class Function>
auto parallel(std::initializer_list<Item> items, Function&& function,
              const ParallelOptions& options = {}) {
  return detail::parallel_loop(items, function, options);
}

}  // namespace mp
