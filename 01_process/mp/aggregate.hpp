#pragma once

#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <type_traits>
#include <utility>
#include <cereal/details/traits.hpp>

#include <mp/archive.hpp>

// A plain struct is sent member by member. As in Boost.PFR, the number of members is the number of
// initializers that the struct accepts. A structured binding then names them.

namespace mp::detail {

// Stands for any member's initializer in unevaluated expressions. (Without a body, Clang warns of
// members whose types are local to a file.)
struct AnyValue {
  template <class T>
  operator T() const {  // NOLINT(google-explicit-constructor)
    std::abort();
  }
};

// The same for a base class.
template <class Derived>
struct AnyBase {
  template <class Base>
  // NOLINTNEXTLINE(google-explicit-constructor)
  requires(std::is_base_of_v<Base, Derived> && !std::same_as<Base, Derived>) operator Base() const {
    std::abort();
  }
};

template <std::size_t>
using Value = AnyValue;

template <class T, class... Initial>
concept takes = requires {
  T{std::declval<Initial>()...};
};

// Whether {} initialises a whole member here, not an element of an array.
template <class T, std::size_t... before, std::size_t... after>
constexpr bool takes_braces(std::index_sequence<before...>, std::index_sequence<after...>) {
  return requires { T{Value<before>{}..., {}, Value<after>{}...}; };
}

// As many as with_members handles.
inline constexpr std::size_t max_members = 12;

// Returns the number of members, or 0 if they cannot be listed.
template <class T, std::size_t... index>
constexpr std::size_t count_members(std::index_sequence<index...> = {}) {
  constexpr std::size_t count = sizeof...(index);
  if constexpr (count <= max_members && takes<T, Value<index>..., AnyValue>) {
    return count_members<T>(std::make_index_sequence<count + 1>{});
  } else {
    const bool no_arrays = (takes_braces<T>(std::make_index_sequence<index>{},
                                            std::make_index_sequence<count - index - 1>{}) &&
                            ...);
    return no_arrays && count <= max_members ? count : 0;
  }
}

template <class T, template <class, class> class... Has>
inline constexpr bool has_one_of = (Has<T, Writer>::value || ...);

// Whether cereal has another way to write the type.
template <class T>
inline constexpr bool has_own_serializer = has_one_of<
    T, cereal::traits::has_member_serialize, cereal::traits::has_member_versioned_serialize,
    cereal::traits::has_member_save, cereal::traits::has_member_versioned_save,
    cereal::traits::has_member_save_minimal, cereal::traits::has_member_versioned_save_minimal,
    cereal::traits::has_non_member_versioned_serialize, cereal::traits::has_non_member_save,
    cereal::traits::has_non_member_versioned_save, cereal::traits::has_non_member_save_minimal,
    cereal::traits::has_non_member_versioned_save_minimal>;

/// A struct whose members can be listed: an aggregate with at most 12 members, without a base class
/// or an array, that has no serializer of its own.
template <class T>
concept Aggregate = std::is_class_v<T> && std::is_aggregate_v<T> && !std::is_empty_v<T> &&
                    std::default_initializable<T> && !has_own_serializer<T> &&
                    !takes<T, AnyBase<T>> && count_members<T>() > 0;

/// Calls the function with the struct's members.
template <Aggregate T, class Function>
constexpr decltype(auto) with_members(T& value, const Function& function) {
  constexpr std::size_t count = count_members<T>();
  if constexpr (count == 1) {
    auto& [a] = value;
    return function(a);
  } else if constexpr (count == 2) {
    auto& [a, b] = value;
    return function(a, b);
  } else if constexpr (count == 3) {
    auto& [a, b, c] = value;
    return function(a, b, c);
  } else if constexpr (count == 4) {
    auto& [a, b, c, d] = value;
    return function(a, b, c, d);
  } else if constexpr (count == 5) {
    auto& [a, b, c, d, e] = value;
    return function(a, b, c, d, e);
  } else if constexpr (count == 6) {
    auto& [a, b, c, d, e, f] = value;
    return function(a, b, c, d, e, f);
  } else if constexpr (count == 7) {
    auto& [a, b, c, d, e, f, g] = value;
    return function(a, b, c, d, e, f, g);
  } else if constexpr (count == 8) {
    auto& [a, b, c, d, e, f, g, h] = value;
    return function(a, b, c, d, e, f, g, h);
  } else if constexpr (count == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = value;
    return function(a, b, c, d, e, f, g, h, i);
  } else if constexpr (count == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = value;
    return function(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (count == 11) {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = value;
    return function(a, b, c, d, e, f, g, h, i, j, k);
  } else if constexpr (count == 12) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l] = value;
    return function(a, b, c, d, e, f, g, h, i, j, k, l);
  }
}

}  // namespace mp::detail
