#include <algorithm>
#include <string>
#include <utility>

#include <mp/message.hpp>

namespace mp {

void Writer::attach(const FileDescriptor& descriptor) {
  (*this)(static_cast<bool>(descriptor));
  if (!descriptor) return;
  if (noted_) noted_->insert(descriptor.get());
  if (message_) message_->descriptors.push_back(descriptor.duplicate());
}

void Writer::throw_too_deep() {
  throw CannotTravel{"cannot send a value that is nested more than " +
                     std::to_string(detail::depth_limit) +
                     " levels deep, such as a long list of nodes that own each other; send its "
                     "elements in a vector"};
}

Reader::Reader(detail::ArrivingMessage& message) : Reader{message.message} { arriving_ = &message; }

std::uint64_t Reader::remaining() const { return here() + (arriving_ ? arriving_->left() : 0); }

// Fewer bytes are not worth a separate system call.
constexpr std::uint64_t worth_a_call = 1 << 16;

// Ensures that the next `size` bytes have arrived.
void Reader::fetch(std::uint64_t size) {
  if (size > remaining()) throw MessageError{"it ends too early"};
  if (size <= here()) return;
  message_.bytes.erase(0, std::exchange(position_, 0));
  arriving_->fetch(
      std::max(size - message_.bytes.size(), std::min(worth_a_call, arriving_->left())));
  end_ = message_.bytes.size();
}

// Reads a part that has not arrived yet; a large part goes directly to its destination.
void Reader::read_on(char* data, std::size_t size) {
  if (size > remaining()) throw MessageError{"it ends too early"};
  if (const auto rest = size - here(); rest >= worth_a_call) {
    read(data, size - rest);
    return arriving_->read(data + size - rest, rest);
  }
  fetch(size);
  read(data, size);
}

std::string_view Reader::take(std::size_t size) {
  fetch(size);
  return std::string_view{message_.bytes}.substr(std::exchange(position_, position_ + size), size);
}

FileDescriptor Reader::detach() {
  bool attached{};
  (*this)(attached);
  if (!attached) return {};
  if (next_descriptor_ >= message_.descriptors.size())
    throw MessageError{"a descriptor is missing"};
  return std::move(message_.descriptors[next_descriptor_++]);
}

void Reader::check_count(cereal::size_type count) {
  if (count > remaining()) throw MessageError{"it announces more elements than it holds"};
  fetch(count);
}

std::shared_ptr<void> Reader::getSharedPointer(std::uint32_t id) {
  const auto known = shared_types_.find(id);
  if (known != shared_types_.end() && *known->second != *expected_)
    throw MessageError{"a shared pointer has a different type than before"};
  return InputArchive::getSharedPointer(id);
}

}  // namespace mp
