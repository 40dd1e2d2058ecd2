#pragma once

#include <cstddef>
#include <functional>
#include <type_traits>

#include <mp/array.hpp>
#include <mp/lock.hpp>
#include <mp/process.hpp>
#include <mp/worker_error.hpp>

namespace mp {

/// A part of an index range, from `begin` up to but not including `end`.
struct Chunk {
  std::size_t number;  ///< 0 for the first chunk, 1 for the second …
  std::size_t begin, end;
  std::size_t size() const { return end - begin; }
};

/// Parallel loops: processes share the iterations; after `sharedmem.MapReduce` for Python.
///
///     mp::MapReduce workers{4};
///     mp::Array<double> squares = workers.map(n, [&](std::size_t i) { return a[i] * a[i]; });
///
/// Each call forks its workers, so the work may be any lambda, and it can use everything in the
/// parent's memory without a copy. Changes stay in the worker, except in shared memory (mp::Array,
/// mp::Value). A worker that has finished an index, or a chunk of indexes, takes the next one.
/// Results are in the order of the indexes. They are written directly into shared memory, so they
/// must be trivially copyable.
///
/// Each worker maps shared memory for itself, page by page, when it touches it. Where a loop does
/// little more than copy, threads, which share one page table, are faster.
///
/// An exception in a worker arrives as RemoteError (with the first 64 KiB of its text), the early
/// end of a worker as WorkerDied, which takes precedence; the other workers are terminated. An
/// exception in `reduce` terminates the workers, too.
class MapReduce {
 public:
  /// Throws std::invalid_argument when there are no workers.
  explicit MapReduce(int workers = cpu_count());

  /// Calls `work(index)` in the workers for each index below `count`. Returns an Array of its
  /// results, unless it returns void.
  template <class Work>
  auto map(std::size_t count, Work work) {
    return map_chunks(count, 1, [&](const Chunk& chunk) { return work(chunk.begin); });
  }

  /// The same, but calls `reduce(result)` in this process for each result, in the order of the
  /// indexes, while the workers continue.
  template <class Work, class Reduce>
  void map(std::size_t count, Work work, Reduce reduce) {
    map_chunks(
        count, 1, [&](const Chunk& chunk) { return work(chunk.begin); }, std::ref(reduce));
  }

  /// Calls `work(chunk)` for chunks of `chunk_size` indexes (the last one may be smaller), with one
  /// result for each chunk. Throws std::invalid_argument for a chunk size of 0.
  template <class Work>
  auto map_chunks(std::size_t count, std::size_t chunk_size, Work work) {
    using Result = std::invoke_result_t<Work&, const Chunk&>;
    if constexpr (std::is_void_v<Result>) {
      run(count, chunk_size, std::ref(work), {});
    } else {
      Array<Result> results(chunk_count(count, chunk_size));
      run(count, chunk_size, store_in(results, work), {});
      return results;
    }
  }

  template <class Work, class Reduce>
  void map_chunks(std::size_t count, std::size_t chunk_size, Work work, Reduce reduce) {
    Array<std::invoke_result_t<Work&, const Chunk&>> results(chunk_count(count, chunk_size));
    run(count, chunk_size, store_in(results, work),
        [&](std::size_t number) { reduce(results[number]); });
  }

  /// For what only one worker may do at a time: `std::scoped_lock guard{workers.critical()};`
  Lock& critical() { return critical_; }

 private:
  static std::size_t chunk_count(std::size_t count, std::size_t chunk_size);

  static auto store_in(auto& results, auto& work) {
    return [&](const Chunk& chunk) { results[chunk.number] = work(chunk); };
  }

  void run(std::size_t count, std::size_t chunk_size, const std::function<void(const Chunk&)>& work,
           const std::function<void(std::size_t)>& reduce);

  int workers_;
  Lock critical_;
};

}  // namespace mp
