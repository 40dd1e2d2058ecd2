#pragma once

#include <type_traits>

namespace mp {

/// What mp::Value and mp::Array can hold: objects that are nothing but their bytes. These are the
/// trivially copyable types, and std::atomic and structures of it as well. An atomic cannot be
/// copied at all, and compilers disagree whether that is trivially copyable (core issue 1734). They
/// agree on this: wherever it can be copied, that is trivial.
template <class T>
inline constexpr bool is_shareable =
    std::is_trivially_destructible_v<T> && !std::is_polymorphic_v<T> &&
    std::is_copy_constructible_v<T> == std::is_trivially_copy_constructible_v<T> &&
    std::is_move_constructible_v<T> == std::is_trivially_move_constructible_v<T> &&
    std::is_copy_assignable_v<T> == std::is_trivially_copy_assignable_v<T> &&
    std::is_move_assignable_v<T> == std::is_trivially_move_assignable_v<T>;

}  // namespace mp
