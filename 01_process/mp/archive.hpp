#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>
#include <cereal/cereal.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/complex.hpp>
#include <cereal/types/deque.hpp>
#include <cereal/types/list.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/unordered_map.hpp>
#include <cereal/types/unordered_set.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

#include <mp/file_descriptor.hpp>

// How values become the bytes of a message and are read back, through cereal. Nothing in what
// arrives is taken on trust.

namespace mp {

/// Received bytes are torn, damaged, or hold another type than the one asked for.
struct MessageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An encoded value: its bytes, and the descriptors that travel beside them.
struct Message {
  std::string bytes;
  std::vector<FileDescriptor> descriptors;

  /// Sends all of it over a Unix stream socket, and then the tail: bytes that lie elsewhere. Throws
  /// BrokenPipe when the receiver is gone, std::system_error for anything else; no more can be sent
  /// then.
  void send(const FileDescriptor& socket, std::string_view tail = {}) const;

  /// Receives one. Throws EndOfFile when the sender is gone before the first byte, MessageError
  /// when it is gone before the last, std::system_error when this process has no room for the
  /// descriptors; the socket is then ready for the next message.
  static Message receive(const FileDescriptor& socket);
};

namespace detail {
class ArrivingMessage;
}

/// Writes values into a message: a cereal archive over a buffer that grows.
class Writer : public cereal::OutputArchive<Writer, cereal::AllowEmptyClassElision> {
 public:
  explicit Writer(Message& message) : OutputArchive{this}, message_{&message} {}

  /// Writes nothing, but notes the numbers of the descriptors that would be sent.
  explicit Writer(std::set<int>& descriptors) : OutputArchive{this}, noted_{&descriptors} {}

  void write(const void* data, std::size_t size) {
    if (message_) message_->bytes.append(static_cast<const char*>(data), size);
  }

  /// Sends a duplicate of the descriptor along; an empty one arrives empty.
  void attach(const FileDescriptor& descriptor);

 private:
  Message* message_ = nullptr;
  std::set<int>* noted_ = nullptr;
};

/// Reads values back, in the order in which they were written. Throws MessageError, never reads
/// beyond the end, and takes nothing on trust.
class Reader : public cereal::InputArchive<Reader, cereal::AllowEmptyClassElision> {
 public:
  explicit Reader(Message& message) : InputArchive{this}, message_{message} {}

  /// Takes the bytes off the socket as it comes to them.
  explicit Reader(detail::ArrivingMessage& message);

  void read(void* data, std::size_t size) {
    if (size > here()) return read_on(static_cast<char*>(data), size);
    if (size == 0) return;  // `data` may be null
    std::memcpy(data, message_.bytes.data() + std::exchange(position_, position_ + size), size);
  }

  /// The next bytes, where they lie until more is read.
  std::string_view take(std::size_t size);

  /// Takes the next descriptor that came along.
  FileDescriptor detach();

  /// Bytes not yet read.
  std::uint64_t remaining() const;

  /// Refuses an element count for which not so many bytes have come, before memory is taken for it:
  /// every element takes at least one byte.
  void check_count(cereal::size_type count);

  /// A value within a value; too many of them would overflow the stack.
  void enter();
  void leave() { --depth_; }

  // cereal finds a std::shared_ptr that came before by its number, and believes that it has the
  // right type. These two hide cereal's own, and look.
  void expect_shared(const std::type_info& type) { expected_ = &type; }
  template <class T>
  void registerSharedPointer(std::uint32_t id, std::shared_ptr<T> pointer) {
    shared_types_.insert_or_assign(id & ~cereal::detail::msb_32bit, &typeid(T));
    InputArchive::registerSharedPointer(id, std::move(pointer));
  }
  std::shared_ptr<void> getSharedPointer(std::uint32_t id);

 private:
  std::size_t here() const { return message_.bytes.size() - position_; }
  void fetch(std::uint64_t size);
  void read_on(char* data, std::size_t size);

  Message& message_;
  detail::ArrivingMessage* arriving_ = nullptr;  // the rest of the message
  std::size_t position_ = 0;
  std::size_t next_descriptor_ = 0;
  int depth_ = 0;
  const std::type_info* expected_ = nullptr;
  std::map<std::uint32_t, const std::type_info*> shared_types_;
};

namespace detail {

// What cereal may write and read as plain memory: arrays of numbers. Not of bool: see `load`.
template <class T>
inline constexpr bool is_plain = !std::is_same_v<std::remove_all_extents_t<T>, bool>;

// Whether a container's elements travel as they lie in memory, one after the other.
template <class Container>
inline constexpr bool is_flat = false;
template <class T, class Allocator>
inline constexpr bool is_flat<std::vector<T, Allocator>> = std::is_arithmetic_v<T>&& is_plain<T>;
template <class Char, class Traits, class Allocator>
inline constexpr bool is_flat<std::basic_string<Char, Traits, Allocator>> = true;

// Makes room for the first of the elements that are to come, and returns how many. Their number
// may be damaged, so memory is taken as they arrive; in parts, because the container fills with
// zeros what it grows by: they stay in the cache.
template <class Container>
std::size_t grow(Container& container, std::uint64_t to_come) {
  constexpr std::uint64_t part = (1 << 18) / sizeof(typename Container::value_type);
  const auto done = container.size();
  const auto next = std::min(to_come, part);
  if (done + next > container.capacity())
    container.reserve(std::min(done + to_come, std::max(64 * done, 4 * part)));
  container.resize(done + next);
  return next;
}

template <class Container>
void load_flat(Reader& reader, Container& container) {
  using Element = typename Container::value_type;
  cereal::size_type left{};
  reader(left);
  if (left > reader.remaining() / sizeof(Element)) throw MessageError{"it ends too early"};
  container.clear();
  while (left > 0) {
    const auto part = grow(container, left);
    reader.read(container.data() + container.size() - part, part * sizeof(Element));
    left -= part;
  }
}

}  // namespace detail

// The functions cereal looks for, for the few types that everything else is made of.
template <class T>
requires std::is_arithmetic_v<T>
void save(Writer& writer, const T& value) { writer.write(&value, sizeof value); }

template <class T>
requires std::is_arithmetic_v<T>
void load(Reader& reader, T& value) {
  if constexpr (std::same_as<T, bool>) {  // a byte that is neither 0 nor 1 must not become a bool
    unsigned char byte{};
    reader.read(&byte, sizeof byte);
    value = byte != 0;
  } else {
    reader.read(&value, sizeof value);
  }
}

template <class T>
void save(Writer& writer, const cereal::SizeTag<T>& tag) {
  writer(static_cast<cereal::size_type>(tag.size));
}

template <class T>
void load(Reader& reader, cereal::SizeTag<T>& tag) {
  cereal::size_type count{};
  reader(count);
  reader.check_count(count);
  tag.size = static_cast<std::remove_reference_t<T>>(count);
}

template <class T>
requires detail::is_plain<T>
void save(Writer& writer, const cereal::BinaryData<T>& data) {
  writer.write(data.data, static_cast<std::size_t>(data.size));
}

template <class T>
requires detail::is_plain<T>
void load(Reader& reader, cereal::BinaryData<T>& data) {
  reader.read(data.data, static_cast<std::size_t>(data.size));
}

template <class T, class Allocator>
requires detail::is_flat<std::vector<T, Allocator>>
void load(Reader& reader, std::vector<T, Allocator>& vector) { detail::load_flat(reader, vector); }
template <class Char, class Traits, class Allocator>
void load(Reader& reader, std::basic_string<Char, Traits, Allocator>& string) {
  detail::load_flat(reader, string);
}

template <class T>
void save(Writer& writer, const cereal::NameValuePair<T>& pair) {
  writer(pair.value);
}

template <class T>
void load(Reader& reader, cereal::NameValuePair<T>& pair) {
  reader(pair.value);
}

inline void save(Writer& writer, const FileDescriptor& descriptor) { writer.attach(descriptor); }
inline void load(Reader& reader, FileDescriptor& descriptor) { descriptor = reader.detach(); }

// cereal calls these before and after every value. A value without members takes a byte all the
// same, so that the number of elements of a container can be checked.
template <class T>
requires std::is_empty_v<T>
void epilogue(Writer& writer, const T&) { writer.write("", 1); }

template <class T>
void prologue(Reader& reader, const T&) {
  reader.enter();
}

template <class T>
void prologue(Reader& reader, const cereal::memory_detail::PtrWrapper<std::shared_ptr<T>&>&) {
  reader.enter();
  reader.expect_shared(typeid(T));
}

template <class T>
void epilogue(Reader& reader, const T&) {
  if constexpr (std::is_empty_v<T>) reader.take(1);
  reader.leave();
}

}  // namespace mp

CEREAL_REGISTER_ARCHIVE(mp::Writer)
CEREAL_REGISTER_ARCHIVE(mp::Reader)
CEREAL_SETUP_ARCHIVE_TRAITS(mp::Reader, mp::Writer)
