#pragma once

#include <harness/protocol.hpp>
#include <mp/file_descriptor.hpp>

namespace harness {

/// Returns a connection to the examiner, after sending the greeting; an empty descriptor when there
/// is no examiner.
mp::FileDescriptor connect(const Greeting& greeting);
inline mp::FileDescriptor connect(Greeting::Kind kind) { return connect(Greeting{.kind = kind}); }

/// Forgets the key that an earlier call gave to this process.
void forget_secrets();

}  // namespace harness
