#pragma once

#include <sys/socket.h>
#include <sys/uio.h>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include <mp/file_descriptor.hpp>

namespace mp::detail {

/// The part of one sendmsg or recvmsg that passes descriptors to another process (SCM_RIGHTS). It
/// must stay in place until the call.
class PassedDescriptors {
 public:
  static constexpr std::size_t max = 253;  // the kernel's limit for one sendmsg

  /// Lets sendmsg pass these, at least one and at most `max`. Makes no system call and allocates no
  /// memory.
  void attach(msghdr& message, std::span<const int> descriptors);

  /// Lets recvmsg accept descriptors.
  void accept(msghdr& message);

  /// Appends the descriptors that recvmsg has received. Returns false when this process had too few
  /// free descriptors; the kernel has then dropped the others.
  static bool take(msghdr& message, std::vector<FileDescriptor>& descriptors);

 private:
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * max)> room_;
};

/// A message of one byte, for descriptors that go alone.
struct DescriptorMessage {
  DescriptorMessage() {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
  }
  DescriptorMessage(const DescriptorMessage&) = delete;
  DescriptorMessage& operator=(const DescriptorMessage&) = delete;

  char byte = 0;
  iovec part{&byte, 1};
  msghdr header{};
  PassedDescriptors passed;
};

std::vector<int> numbers_of(std::span<const FileDescriptor> descriptors);

}  // namespace mp::detail
