#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <cereal/cereal.hpp>

#include <mp/encoded_message.hpp>

// The two ends of a message are cereal archives over a buffer. cereal remembers what it has written
// or read (shared pointers, class versions, names of polymorphic types) and refers back to it, even
// to a value that could not be written completely. So independent values, such as the results of a
// pool's calls, each have their own archive.

namespace mp {

namespace detail {

class ArrivingMessage;

/// The limit on nested values; more would overflow the stack on either side.
inline constexpr int depth_limit = 5000;

}  // namespace detail

/// Writes values into a message: a cereal archive over a buffer that grows. After an exception it
/// is unusable, and part of a value may be in the message.
class Writer : public cereal::OutputArchive<Writer, cereal::AllowEmptyClassElision> {
 public:
  explicit Writer(Message& message) : OutputArchive{this}, message_{&message} {}

  /// Writes equal values as equal bytes, for comparison; they cannot be read back. 0.0 and -0.0
  /// become the same, and so do unordered containers of equal elements.
  static Writer canonical(Message& message) { return Writer{message, true}; }
  bool is_canonical() const { return canonical_; }

  /// Writes nothing, but collects the numbers of the descriptors that would be sent.
  explicit Writer(std::set<int>& descriptors) : OutputArchive{this}, noted_{&descriptors} {}

  void write(const void* data, std::size_t size) {
    if (message_) message_->bytes.append(static_cast<const char*>(data), size);
  }

  /// Adds a duplicate of the descriptor to the message; an empty one arrives empty.
  void attach(const FileDescriptor& descriptor);

  /// Begins a nested value. Throws CannotTravel if a Reader would reject it.
  void enter() {
    if (++depth_ > detail::depth_limit) throw_too_deep();
    begin_ = written();
  }

  /// Ends a nested value. A value that has written nothing still takes a byte, so that the number
  /// of a container's elements can be checked.
  void leave() {
    --depth_;
    if (written() == begin_) write("", 1);
  }

 private:
  Writer(Message& message, bool canonical)
      : OutputArchive{this}, message_{&message}, canonical_{canonical} {}

  std::size_t written() const { return message_ ? message_->bytes.size() : 0; }
  [[noreturn]] static void throw_too_deep();

  Message* message_ = nullptr;
  std::set<int>* noted_ = nullptr;
  bool canonical_ = false;
  int depth_ = 0;
  std::size_t begin_ = 0;  // of the innermost value
};

/// Reads values back, in the order in which they were written. Throws MessageError, never reads
/// beyond the end, and trusts nothing.
class Reader : public cereal::InputArchive<Reader, cereal::AllowEmptyClassElision> {
 public:
  explicit Reader(Message& message)
      : InputArchive{this}, message_{message}, end_{message.bytes.size()} {}

  /// Reads the bytes from the socket as it needs them.
  explicit Reader(detail::ArrivingMessage& message);

  void read(void* data, std::size_t size) {
    if (size > here()) return read_on(static_cast<char*>(data), size);
    if (size == 0) return;  // `data` may be null
    std::memcpy(data, message_.bytes.data() + std::exchange(position_, position_ + size), size);
  }

  /// Returns the next bytes, which are valid until more is read.
  std::string_view take(std::size_t size);

  /// Takes the next received descriptor.
  FileDescriptor detach();

  /// Returns the number of bytes not yet read.
  std::uint64_t remaining() const;

  /// Rejects an element count greater than the number of bytes left, before memory is allocated for
  /// it; every element takes at least one byte.
  void check_count(cereal::size_type count);

  /// Begin and end a nested value, as Writer does.
  void enter() {
    if (++depth_ > detail::depth_limit) throw MessageError{"it is nested too deeply"};
    begin_ = remaining();
  }
  void leave() {
    --depth_;
    if (remaining() == begin_) take(1);
  }

  // cereal finds an earlier std::shared_ptr by its number and trusts its type. These two hide
  // cereal's own functions, and check it.
  void expect_shared(const std::type_info& type) { expected_ = &type; }
  template <class T>
  void registerSharedPointer(std::uint32_t id, std::shared_ptr<T> pointer) {
    shared_types_.insert_or_assign(id & ~cereal::detail::msb_32bit, &typeid(T));
    InputArchive::registerSharedPointer(id, std::move(pointer));
  }
  std::shared_ptr<void> getSharedPointer(std::uint32_t id);

 private:
  std::size_t here() const { return end_ - position_; }
  void fetch(std::uint64_t size);
  void read_on(char* data, std::size_t size);

  Message& message_;
  detail::ArrivingMessage* arriving_ = nullptr;  // the rest of the message
  std::size_t position_ = 0, end_;               // in the bytes that have arrived
  std::size_t next_descriptor_ = 0;
  int depth_ = 0;
  std::uint64_t begin_ = 0;  // the bytes that remained at the innermost value's beginning
  const std::type_info* expected_ = nullptr;
  std::map<std::uint32_t, const std::type_info*> shared_types_;
};

}  // namespace mp
