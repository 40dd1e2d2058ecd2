#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>

#include <harness/secret.hpp>

// What the examiner and a submission say to each other, over a Unix socket whose path the
// submission finds in an environment variable.

namespace harness {

inline constexpr auto socket_variable = "EXAMINER_SOCKET";

/// The first thing that is said over every connection. The kernel tells the examiner which process
/// says it, so nobody can speak in another's name.
struct Greeting {
  enum class Kind : std::uint32_t {
    serve,  ///< the main process is ready; from here on the connection carries mp messages
    call,   ///< a call of a given function begins; it ends when the connection does
    stray,  ///< a child process has returned from the function that made it
    ended,  ///< a child process was ended by a signal, the first of the numbers
    lost,   ///< the main process cannot use its connection any more
  };
  Kind kind{};
  std::int32_t place{};  ///< of a call: where it stops
  std::array<std::int64_t, 3> numbers{};
};

/// What the examiner answers to a call.
enum class Go : std::uint32_t {
  on,
  silently,  ///< and do not announce any more calls from this process: here is the key to them
};
struct Permission {
  Go go{};
  std::uint64_t secret{};
  SecretKey key{};  ///< to go on silently
};

/// An exception that left the submission's function.
struct Thrown {
  std::string type, text;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(type, text);
  }
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
