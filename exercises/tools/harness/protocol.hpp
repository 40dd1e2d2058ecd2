#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>

#include <harness/secret.hpp>

// The protocol between the examiner and a submission, over a Unix socket whose path is in an
// environment variable.

namespace harness {

inline constexpr auto socket_variable = "EXAMINER_SOCKET";

/// The first message on every connection. The kernel tells the examiner which process sent it, so
/// no process can impersonate another.
struct Greeting {
  enum class Kind : std::uint32_t {
    serve,  ///< the main process is ready; from here on the connection carries mp messages
    call,   ///< a call of a given function begins; it ends when the connection does
    stray,  ///< a child process has returned from the function that made it
    ended,  ///< a child process was ended by a signal, the first of the numbers
    lost,   ///< the main process can no longer use its connection
  };
  Kind kind{};
  std::int32_t place{};  ///< where a call stops
  bool by_thread{};      ///< a thread other than the first of its process makes the call
  std::array<std::int64_t, 3> numbers{};
};

/// The examiner's answer to a call.
enum class Go : std::uint32_t {
  on,
  silently,  ///< and this process announces no further calls, because it gets the key
};
struct Permission {
  Go go{};
  std::uint64_t secret{};
  SecretKey key{};  ///< to continue silently
};

/// An exception that left the submission's function.
struct Thrown {
  std::string type, text;
};

template <class Function>
struct Signature;
template <class Return, class... Parameters>
struct Signature<Return(Parameters...)> {
  using Result = Return;
  using Arguments = std::tuple<std::decay_t<Parameters>...>;
  using Reply = std::variant<Return, Thrown>;
};

}  // namespace harness
