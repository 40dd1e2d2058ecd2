#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <ranges>
#include <span>
#include <vector>

#include <mp/deadline.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

namespace mp {
namespace detail {

/// How an object shows that it is ready: by a readable descriptor, or by a flag.
struct Readiness {
  const FileDescriptor* descriptor;
  const std::atomic<bool>* flag = nullptr;
};

inline Readiness readiness(const Connection& connection) { return {&connection.descriptor()}; }
inline Readiness readiness(Process& process) { return {&process.sentinel()}; }
template <class T>
Readiness readiness(const Queue<T>& queue) {
  return {&queue.descriptor(), &queue.closed_flag()};
}

template <class T>
concept Waitable = requires(T& object) {
  readiness(object);
};

std::vector<std::size_t> wait_for_any(std::span<const Readiness> all, const Deadline& deadline);

template <Waitable... Objects>
std::vector<std::size_t> wait(const Deadline& deadline, Objects&... objects) {
  const Readiness all[]{readiness(objects)...};
  return wait_for_any(all, deadline);
}

template <std::ranges::input_range Range>
requires Waitable<std::ranges::range_value_t<Range>> std::vector<std::size_t> wait(
    const Deadline& deadline, Range& objects) {
  std::vector<Readiness> all;
  for (auto& object : objects) all.push_back(readiness(object));
  return wait_for_any(all, deadline);
}

}  // namespace detail

/// Waits until one of several connections, queues and processes is ready; after Python's
/// `multiprocessing.connection.wait`. Returns the positions of all that are ready, in order.
///
///     for (auto i : mp::wait(connections)) connections[i].recv<int>();
///     if (mp::wait(connection, process).front() == 1) …  // the process has ended
///
/// A connection is ready when something can be received, a value or end-of-file; a queue when it
/// has a value or is closed (another process may take that value first, so use `try_get`); a
/// process when it has ended. Takes any of these, or a range of one kind.
template <class... Objects>
std::vector<std::size_t> wait(Objects&... objects) {
  return detail::wait(std::nullopt, objects...);
}

/// The same with a time limit; returns an empty vector when it has passed.
template <class... Objects>
std::vector<std::size_t> wait_for(Seconds limit, Objects&... objects) {
  return detail::wait(deadline_after(limit), objects...);
}

}  // namespace mp
