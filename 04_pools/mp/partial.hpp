#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <mp/task.hpp>

namespace mp {
namespace detail {

// A pointer to a member is sent like one to a function, unless it is only an offset: that of a
// virtual function, or of a data member.
void save_member_function(Writer& writer, const void* pointer);
void load_member_function(Reader& reader, void* pointer);

template <class Pointer>
struct Member {
  Pointer pointer{};
  void save(Writer& writer) const {
    if constexpr (std::is_member_function_pointer_v<Pointer>)
      save_member_function(writer, &pointer);
    else
      writer.write(&pointer, sizeof pointer);
  }
  void load(Reader& reader) {
    if constexpr (std::is_member_function_pointer_v<Pointer>)
      load_member_function(reader, &pointer);
    else
      reader.read(&pointer, sizeof pointer);
  }
};
template <class T>
requires std::is_member_pointer_v<T>
struct WireTraits<T> {
  using Type = Member<T>;
  static Member<T> encode(T value) { return {value}; }
  static T decode(const Member<T>& arrived) { return arrived.pointer; }
};

// A received T, for repeated use.
template <class T>
decltype(auto) decoded_ref(typename WireTraits<T>::Type& arrived) {
  if constexpr (std::same_as<typename WireTraits<T>::Type, T>)
    return std::as_const(arrived);
  else
    return WireTraits<T>::decode(arrived);
}
template <class T>
using DecodedRef = decltype(decoded_ref<T>(std::declval<typename WireTraits<T>::Type&>()));

// A Partial in the process that has received it.
template <class Function, class... Bound>
class ArrivedPartial {
 public:
  template <class... Rest>
  auto operator()(Rest&&... rest) const
      -> std::invoke_result_t<DecodedRef<Function>, DecodedRef<Bound>..., Rest...> {
    return std::apply(
        [&](auto& function, auto&... bound) -> decltype(auto) {
          return std::invoke(decoded_ref<Function>(function), decoded_ref<Bound>(bound)...,
                             std::forward<Rest>(rest)...);
        },
        parts_);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    std::apply([&](auto&... part) { (archive(part), ...); }, parts_);
  }

 private:
  mutable std::tuple<typename WireTraits<Function>::Type, typename WireTraits<Bound>::Type...>
      parts_;
};

}  // namespace detail

/// A function with its first arguments, returned by mp::partial.
template <class Function, class... Bound>
class Partial {
 public:
  explicit Partial(Function function, Bound... bound)
      : parts_{std::move(function), std::move(bound)...} {}

  template <class... Rest>
  auto operator()(Rest&&... rest) const
      -> std::invoke_result_t<const Function&, const Bound&..., Rest...> {
    return std::apply(
        [&](const auto&... part) -> decltype(auto) {
          return std::invoke(part..., std::forward<Rest>(rest)...);
        },
        parts_);
  }

  void save(Writer& writer) const {
    std::apply(
        [&](const auto&... part) {
          (writer(detail::WireTraits<std::remove_cvref_t<decltype(part)>>::encode(part)), ...);
        },
        parts_);
  }

 private:
  std::tuple<Function, Bound...> parts_;
};

/// Binds the first arguments of a function, after Python's `functools.partial`. Unlike a lambda's
/// captures, the result can be sent to other processes by value.
///
///     pool.map(mp::partial(power, 2), exponents);          // power(2, exponent)
///     pool.map(mp::partial(&Model::predict, model), xs);   // model.predict(x), on a copy
///
/// Works with functions, member functions, and lambdas without captures. Each call gets the same
/// arguments, as constants; std::ref refers to what processes share, such as mp::Lock.
template <class Function, class... Bound>
auto partial(Function&& function, Bound&&... bound) {
  return Partial<std::decay_t<Function>, std::decay_t<Bound>...>{std::forward<Function>(function),
                                                                 std::forward<Bound>(bound)...};
}

namespace detail {

template <class Function, class... Bound>
struct WireTraits<Partial<Function, Bound...>> {
  using Type = ArrivedPartial<Function, Bound...>;
  static const Partial<Function, Bound...>& encode(const Partial<Function, Bound...>& value) {
    return value;
  }
  static const Type& decode(const Type& arrived) { return arrived; }
};

// Whether a callable, with everything bound to it, can travel.
template <class T>
inline constexpr bool is_portable = is_sendable<T>;
template <class Function, class... Bound>
inline constexpr bool is_portable<Partial<Function, Bound...>> = is_portable<Function> &&
                                                                 (is_portable<Bound> && ...);

}  // namespace detail
}  // namespace mp
