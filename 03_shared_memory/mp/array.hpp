#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <mp/lock.hpp>
#include <mp/shareable.hpp>

namespace mp {
namespace detail {

/// Throws std::system_error when there cannot be that many bytes.
std::size_t array_bytes(std::size_t count, std::size_t element_size);

[[noreturn]] void throw_out_of_range(std::size_t index, std::size_t size);

}  // namespace detail

/// An array that several processes share, with its own lock; after Python's
/// `multiprocessing.Array`. Give it to a process with `std::ref(array)`.
///
///     mp::Array<double> zeros(1000);
///     mp::Array<int> numbers{1, 2, 3};
///     std::ranges::sort(numbers);
///     std::span<int> last_two = std::span{numbers}.last(2);
///
/// A contiguous range of fixed size, for range-for, the standard algorithms and std::span. Its
/// pages are allocated when first touched. Access never locks; use `std::scoped_lock guard{array}`
/// if several processes change the same elements. The lock is an mp::Lock, which throws OwnerDied.
/// A moved-from array is empty.
template <class T>
class Array : public Lock {
  static_assert(is_shareable<T>,
                "mp::Array<T>: T must be trivially copyable, because its bytes are all that "
                "processes share; a type that owns memory, such as std::string, holds an address, "
                "which means nothing in another process");
  static_assert(detail::WorksBetweenProcesses<T>::value);
  static_assert(alignof(T) <= 64, "mp::Array<T>: shared objects are aligned to at most 64 bytes");

 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  Array() : Array(0) {}

  /// `size` elements, all bytes zero. Throws std::system_error, which names the size, when memory
  /// is exhausted.
  explicit Array(std::size_t size) : Lock{detail::array_bytes(size, sizeof(T))} { find_elements(); }

  /// The same, filled with copies of a value.
  Array(std::size_t size, const T& value) : Array(size) { std::ranges::fill(*this, value); }

  /// Copies the elements of any range.
  template <std::ranges::input_range Range>
  requires(!std::same_as<std::remove_cvref_t<Range>, Array> &&
           std::convertible_to<std::ranges::range_reference_t<Range>, T>)
      // NOLINTNEXTLINE(bugprone-forwarding-reference-overload): it is no Array
      explicit Array(Range&& range) {
    if constexpr (std::ranges::forward_range<Range>) {
      *this = Array(static_cast<std::size_t>(std::ranges::distance(range)));
      std::ranges::copy(range, begin());
    } else {
      std::vector<T> elements;
      for (auto&& element : range) elements.push_back(element);
      *this = Array(elements);
    }
  }

  Array(std::initializer_list<T> values) : Array(values.size()) {
    std::ranges::copy(values, begin());
  }

  Array(Array&& other) noexcept
      : Lock{std::move(other)}, elements_{std::exchange(other.elements_, {})} {}
  Array& operator=(Array&& other) noexcept {
    elements_ = std::exchange(other.elements_, {});
    Lock::operator=(std::move(other));
    return *this;
  }
  Array& operator=(std::initializer_list<T>) {
    static_assert(sizeof(T) == 0,
                  "mp::Array: a list assigned to it would make a new array, which the other "
                  "processes do not have; to change the elements of this one, use "
                  "std::ranges::copy(std::vector{...}, array.begin())");
    return *this;
  }
  ~Array() = default;

  std::size_t size() const noexcept { return elements_.size(); }
  bool empty() const noexcept { return elements_.empty(); }

  T* data() noexcept { return elements_.data(); }
  T* begin() noexcept { return data(); }
  T* end() noexcept { return data() + size(); }
  T& front() { return elements_.front(); }
  T& back() { return elements_.back(); }
  T& operator[](std::size_t index) { return elements_[index]; }
  T& at(std::size_t index) { return elements_[checked(index)]; }  ///< throws std::out_of_range

  const T* data() const noexcept { return elements_.data(); }
  const T* begin() const noexcept { return data(); }
  const T* end() const noexcept { return data() + size(); }
  const T& front() const { return elements_.front(); }
  const T& back() const { return elements_.back(); }
  const T& operator[](std::size_t index) const { return elements_[index]; }
  const T& at(std::size_t index) const { return elements_[checked(index)]; }

  void load(Reader& reader) {
    Lock::load(reader);
    if (payload_size() % sizeof(T) != 0)
      throw MessageError{"the message contains no shared array of this type"};
    find_elements();
  }

 private:
  void find_elements() {
    elements_ = {reinterpret_cast<T*>(payload()), payload_size() / sizeof(T)};
  }

  std::size_t checked(std::size_t index) const {
    if (index >= size()) detail::throw_out_of_range(index, size());
    return index;
  }

  std::span<T> elements_;
};

}  // namespace mp
