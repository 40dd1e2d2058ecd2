#pragma once

#include <harness/protocol.hpp>
#include <mp/file_descriptor.hpp>

namespace harness {

/// A connection to the examiner, on which the greeting has been sent; an empty descriptor when
/// there is no examiner.
mp::FileDescriptor connect(const Greeting& greeting);
inline mp::FileDescriptor connect(Greeting::Kind kind) {
  return connect(Greeting{.kind = kind, .place = 0, .numbers = {}});
}

/// What an earlier call let this process know.
void forget_secrets();

}  // namespace harness
