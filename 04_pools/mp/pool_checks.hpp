#pragma once

#include <ranges>
#include <tuple>
#include <type_traits>

#include <mp/partial.hpp>
#include <mp/pool_work.hpp>

// Compiler messages about calls that a worker cannot make.

namespace mp::detail {

template <class Function, class Arguments>
inline constexpr bool is_callable = false;
template <class Function, class... Argument>
inline constexpr bool is_callable<Function, std::tuple<Argument...>> =
    std::is_invocable_v<DecodedRef<Function>,
                        decltype(WireTraits<Argument>::decode(
                            std::declval<typename WireTraits<Argument>::Type&>()))...>;
template <class Arguments>
inline constexpr bool are_sendable = false;
template <class... Argument>
inline constexpr bool are_sendable<std::tuple<Argument...>> =
    (require_travel<typename WireTraits<Argument>::Type>() && ...);

/// Whether workers can make these calls; if not, the compiler says why.
template <class Function, class Arguments>
constexpr bool check_work() {
  static_assert(
      is_portable<Function>,
      "mp::Pool: this callable cannot be sent to a worker; use a function, a lambda "
      "without captures, or mp::partial(function, values...) with values that can be sent");
  if constexpr (is_portable<Function>) {
    if constexpr (are_sendable<Arguments>) {
      static_assert(
          is_callable<Function, Arguments>,
          "mp::Pool: the function cannot be called with these arguments. `map` passes one item. If "
          "the function takes more, use `starmap` with tuples, or mp::partial to bind those that "
          "stay the same. It gets copies, so it must take them by value or by reference to "
          "const");
      if constexpr (is_callable<Function, Arguments>) {
        using Result = typename Work<Function, Arguments>::Result;
        if constexpr (std::is_void_v<Result>)
          return true;
        else
          return require_travel<Result>();
      }
    }
  }
  return false;
}

template <class Spread, class Function, class Range>
constexpr bool check_range() {
  return check_work<Function,
                    typename Spread::template Arguments<std::ranges::range_value_t<Range>>>();
}

/// The result of a call that does not compile, so that the compiler reports nothing more about it.
struct Anything {
  const Anything* begin() const;
  const Anything* end() const;
  Anything get() const;
  template <class T>
  operator T() const;  // NOLINT(google-explicit-constructor)
};

}  // namespace mp::detail
