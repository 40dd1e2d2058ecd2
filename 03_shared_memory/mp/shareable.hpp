#pragma once

#include <atomic>
#include <latch>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <tuple>
#include <type_traits>
#include <utility>

namespace mp {

/// What mp::Value and mp::Array can hold: objects that consist of their bytes alone. These are
/// trivially copyable types, pairs and tuples of them, std::atomic, and structures of these. An
/// atomic cannot be copied, and compilers disagree whether such a type is trivially copyable (core
/// issue 1734). So the test is that every copy operation that it has is trivial.
template <class T>
inline constexpr bool is_shareable =
    std::is_object_v<T>&& std::is_trivially_destructible_v<T> && !std::is_polymorphic_v<T> &&
    std::is_copy_constructible_v<T> == std::is_trivially_copy_constructible_v<T> &&
    std::is_move_constructible_v<T> == std::is_trivially_move_constructible_v<T> &&
    std::is_copy_assignable_v<T> == std::is_trivially_copy_assignable_v<T> &&
    std::is_move_assignable_v<T> == std::is_trivially_move_assignable_v<T>;
template <class First, class Second>
inline constexpr bool is_shareable<std::pair<First, Second>> =
    is_shareable<First>&& is_shareable<Second>;
template <class... Elements>
inline constexpr bool is_shareable<std::tuple<Elements...>> = (is_shareable<Elements> && ...);

namespace detail {

template <class T>
inline constexpr bool is_always_lock_free = true;
template <class T>
inline constexpr bool is_always_lock_free<std::atomic<T>> = std::atomic<T>::is_always_lock_free;

template <class T>
inline constexpr bool is_for_threads_only =
    std::is_same_v<T, std::mutex> || std::is_same_v<T, std::timed_mutex> ||
    std::is_same_v<T, std::recursive_mutex> || std::is_same_v<T, std::recursive_timed_mutex> ||
    std::is_same_v<T, std::shared_mutex> || std::is_same_v<T, std::shared_timed_mutex> ||
    std::is_same_v<T, std::latch>;
template <std::ptrdiff_t max>
inline constexpr bool is_for_threads_only<std::counting_semaphore<max>> = true;

/// Rejects, with the reason, types that could be copied into shared memory but do not work there.
template <class T>
struct WorksBetweenProcesses : std::true_type {
  static_assert(!is_for_threads_only<T>,
                "std::mutex and the like work between the threads of one process only; use the "
                "lock that mp::Value and mp::Array have, or mp::Lock, mp::Semaphore, mp::Barrier");
  static_assert(is_always_lock_free<T>,
                "a std::atomic that is not lock-free uses a lock that other processes do not have; "
                "share the plain type, and change it under the lock that mp::Value and mp::Array "
                "have");
};

/// An atomic in an mp::Value: std::atomic's wait and notify work within one process only.
template <class T>
class SharedAtomic : public std::atomic<T> {
 public:
  using std::atomic<T>::operator=;
  template <class... Arguments>
  void wait(Arguments...) const {
    static_assert(sizeof...(Arguments) > 9,
                  "std::atomic::wait and notify work between the threads of one process only; use "
                  "mp::Event, mp::Condition or mp::Semaphore");
  }
  template <class... Arguments>
  void notify_one(Arguments... arguments) {
    wait(arguments...);
  }
  template <class... Arguments>
  void notify_all(Arguments... arguments) {
    wait(arguments...);
  }
};

template <class T>
struct InSharedMemory {
  using Type = T;
};
template <class T>
struct InSharedMemory<std::atomic<T>> {
  using Type = SharedAtomic<T>;
};

}  // namespace detail
}  // namespace mp
