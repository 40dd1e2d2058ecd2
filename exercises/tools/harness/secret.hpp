#pragma once

#include <array>
#include <cstdint>

namespace harness {

/// A key that only the examiner knows during a call. The given functions return values that depend
/// on it, so a right result proves that they were called.
struct SecretKey {
  std::uint64_t first = 0, second = 0;

  /// Returns a random key.
  static SecretKey draw();
};

/// Returns the secret of a call with these numbers. The same numbers have the same secret, and no
/// secret reveals another. (SipHash-2-4, Aumasson and Bernstein 2012.)
std::uint64_t secret_of(const SecretKey& key, const std::array<std::int64_t, 3>& numbers);

/// From now on, given functions called in the examiner's own process use this key, so its tests
/// know the right results.
void use_secrets(const SecretKey& key);

}  // namespace harness
