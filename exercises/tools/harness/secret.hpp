#pragma once

#include <array>
#include <cstdint>

namespace harness {

/// What only the examiner knows during a call. The given functions return values that depend on it,
/// so that a right result proves that they were called.
struct SecretKey {
  std::uint64_t first = 0, second = 0;

  /// A random one.
  static SecretKey draw();
};

/// The secret of a call with these numbers: the same numbers have the same secret, and no secret
/// tells anything about the others. (SipHash-2-4, Aumasson and Bernstein 2012.)
std::uint64_t secret_of(const SecretKey& key, const std::array<std::int64_t, 3>& numbers);

/// From now on, calls of given functions in the examiner's own process have the secrets of this
/// key: so its tests know what the submission must find.
void use_secrets(const SecretKey& key);

}  // namespace harness
