#include <cstring>
#include <utility>

#include <mp/descriptor_passing.hpp>

namespace mp::detail {

void PassedDescriptors::attach(msghdr& message, std::span<const int> descriptors) {
  room_.fill(0);  // also the padding, which is sent
  message.msg_control = room_.data();
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  auto* const control = CMSG_FIRSTHDR(&message);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(control), descriptors.data(), descriptors.size_bytes());
}

void PassedDescriptors::accept(msghdr& message) {
  message.msg_control = room_.data();
  message.msg_controllen = room_.size();
}

bool PassedDescriptors::take(msghdr& message, std::vector<FileDescriptor>& descriptors) {
  for (auto* control = CMSG_FIRSTHDR(&message); control; control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const auto* in = CMSG_DATA(control);
    for (auto left = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int); left > 0; --left) {
      int number = -1;
      std::memcpy(&number, std::exchange(in, in + sizeof number), sizeof number);
      descriptors.emplace_back(number);
    }
  }
  return (message.msg_flags & MSG_CTRUNC) == 0;
}

std::vector<int> numbers_of(std::span<const FileDescriptor> descriptors) {
  std::vector<int> numbers;
  for (const auto& descriptor : descriptors) numbers.push_back(descriptor.get());
  return numbers;
}

}  // namespace mp::detail
