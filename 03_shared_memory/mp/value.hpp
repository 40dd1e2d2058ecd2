#pragma once

#include <concepts>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>

#include <mp/lock.hpp>
#include <mp/shareable.hpp>

namespace mp {

/// One object that several processes share, with its own lock; after Python's
/// `multiprocessing.Value`. Give it to a process with `std::ref(value)`.
///
///     mp::Value<int> counter{0};
///     std::scoped_lock guard{counter};
///     ++*counter;
///
/// `*value` and `value->` are the shared object itself and never lock. Without the lock, other
/// processes can change it at any moment. The lock is an mp::Lock, which throws OwnerDied. A
/// moved-from value holds no object.
template <class T>
class Value : public Lock {
  static_assert(is_shareable<T>,
                "mp::Value<T>: T must be trivially copyable, because its bytes are all that "
                "processes share; a type that owns memory, such as std::string, holds an address, "
                "which means nothing in another process");
  static_assert(detail::WorksBetweenProcesses<T>::value);
  static_assert(alignof(T) <= 64, "mp::Value<T>: shared objects are aligned to at most 64 bytes");

 public:
  using Object =
      typename detail::InSharedMemory<T>::Type;  ///< T; for an atomic, without its `wait`

  /// Constructs the object in shared memory, so it may be larger than the stack.
  Value() requires std::default_initializable<T> : Lock{sizeof(T)} {
    // Shared memory is already zeroed.
    if constexpr (!std::is_trivially_default_constructible_v<T>) ::new (payload()) T{};
  }

  /// Throws std::system_error, which names the size, when memory is exhausted.
  explicit Value(const T& value) : Lock{sizeof(T)} {
    std::memcpy(payload(), static_cast<const void*>(std::addressof(value)), sizeof(T));
  }

  Object& operator*() noexcept { return *object(); }
  const Object& operator*() const noexcept { return *object(); }
  Object* operator->() noexcept { return object(); }
  const Object* operator->() const noexcept { return object(); }

  void load(Reader& reader) {
    Lock::load(reader);
    if (payload_size() != sizeof(T))
      throw MessageError{"the message contains no shared value of this size"};
  }

 private:
  Object* object() const noexcept { return std::launder(reinterpret_cast<Object*>(payload())); }
};

}  // namespace mp
