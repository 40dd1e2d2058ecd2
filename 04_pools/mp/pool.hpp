#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <mp/partial.hpp>
#include <mp/pool_calls.hpp>
#include <mp/pool_checks.hpp>
#include <mp/pool_work.hpp>
#include <mp/process.hpp>
#include <mp/worker_error.hpp>

namespace mp {

/// A function without arguments that every worker calls before its first task. Like all work for a
/// pool, it is a function, a lambda without captures, or mp::partial.
class Initializer {
 public:
  Initializer() = default;
  template <class Function>
  requires(!std::same_as<std::remove_cvref_t<Function>, Initializer>)
      Initializer(const Function& function) {  // NOLINT(google-explicit-constructor)
    using Decayed = std::decay_t<const Function&>;
    if constexpr (detail::check_work<Decayed, std::tuple<>>()) {
      const Decayed decayed{function};
      typename detail::Work<Decayed, std::tuple<>>::Encoder encoder{decayed};
      encoder.start(1);
      encoder.add();
      chunk = std::make_shared<detail::Chunk>(encoder.finish());
    }
  }

  std::shared_ptr<const detail::Chunk> chunk;  // empty: no initializer
};

struct PoolOptions {
  int processes = cpu_count();
  Initializer initializer{};
  /// The number of calls after which a new worker takes over; a chunk is finished first. 0: no
  /// limit.
  int max_tasks_per_child = 0;
  std::optional<StartMethod> start_method{};  ///< mp::start_method() when empty
  bool shares_connections = false;            ///< as in ProcessOptions
};

/// Worker processes that call functions, after Python's `multiprocessing.Pool`.
///
///     mp::Pool pool{4};
///     const std::vector<double> roots = pool.map(root, numbers);
///
/// Its calls are in mp/pool_calls.hpp: `map`, `starmap`, `imap`, `imap_unordered`, `apply`, and
/// `map_async`, `starmap_async`, `apply_async`, whose results are taken later.
///
/// An exception in a worker becomes RemoteError. When a worker dies, the calls that it had begun
/// and not answered (usually its chunk) throw WorkerDied, and it is replaced. All other calls of a
/// batch are still made; `map` then throws the first error in input order.
///
/// Workers take tasks themselves, from shared memory, so a long task delays no other, and no lock
/// dies with a worker. The thread that waits for a result also runs the event loop, which saves a
/// thread switch; while no thread waits, a thread of the pool runs it for the `async` functions.
class Pool : public detail::PoolCalls {
 public:
  explicit Pool(int processes = cpu_count()) : Pool{PoolOptions{.processes = processes}} {}

  /// Throws std::invalid_argument for invalid options, std::system_error when no worker can be
  /// started.
  explicit Pool(const PoolOptions& options);
};

}  // namespace mp
