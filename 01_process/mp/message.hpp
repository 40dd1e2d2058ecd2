#pragma once

#include <algorithm>
#include <array>
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

// What crosses a process boundary: a value becomes bytes (through cereal), and descriptors travel
// beside them. Processes share no addresses, so nothing that points into memory can travel.

namespace mp {

/// Received bytes are torn, damaged, or hold another type than the one asked for.
struct MessageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The other end is gone: there is nothing more to receive.
struct EndOfFile : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The other end is gone: nobody will receive what is sent.
struct BrokenPipe : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A packed value: its bytes, and the descriptors that travel beside them.
struct Message {
  std::string bytes;
  std::vector<FileDescriptor> descriptors;

  /// Sends all of it over a Unix stream socket. Throws BrokenPipe when the receiver is gone.
  void send(const FileDescriptor& socket) const;

  /// Receives one. Throws EndOfFile when the sender is gone before the first byte, MessageError
  /// when it is gone before the last, std::system_error when this process has no room for the
  /// descriptors; the socket is then ready for the next message.
  static Message receive(const FileDescriptor& socket);
};

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

  void read(void* data, std::size_t size) {
    if (size == 0) return;  // `data` may be null
    std::memcpy(data, take(size).data(), size);
  }

  /// The next bytes, where they lie.
  std::string_view take(std::size_t size);

  /// Takes the next descriptor that came along.
  FileDescriptor detach();

  /// Bytes not yet read.
  std::size_t remaining() const { return message_.bytes.size() - position_; }

  /// Refuses an element count that the remaining bytes cannot hold, before memory is taken for it:
  /// every element takes at least one byte.
  void check_count(cereal::size_type count) const;

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
  Message& message_;
  std::size_t position_ = 0;
  std::size_t next_descriptor_ = 0;
  int depth_ = 0;
  const std::type_info* expected_ = nullptr;
  std::map<std::uint32_t, const std::type_info*> shared_types_;
};

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

// What cereal may write and read as plain memory: arrays of numbers. Not of bool, see above.
template <class T>
inline constexpr bool is_plain = !std::is_same_v<std::remove_all_extents_t<T>, bool>;

template <class T>
requires is_plain<T>
void save(Writer& writer, const cereal::BinaryData<T>& data) {
  writer.write(data.data, static_cast<std::size_t>(data.size));
}

template <class T>
requires is_plain<T>
void load(Reader& reader, cereal::BinaryData<T>& data) {
  reader.read(data.data, static_cast<std::size_t>(data.size));
}

// cereal would fill the vector with zeros first, which takes about as long as all the rest.
template <class T, class Allocator>
requires std::is_arithmetic_v<T> && is_plain<T>
void load(Reader& reader, std::vector<T, Allocator>& vector) {
  cereal::size_type left{};
  reader(cereal::make_size_tag(left));
  if (left > reader.remaining() / sizeof(T)) throw MessageError{"it ends too early"};
  vector.clear();
  vector.reserve(left);
  for (std::array<T, 1024> part; left > 0;) {  // the message's own bytes are not aligned
    const auto count = std::min<std::size_t>(left, part.size());
    reader.read(part.data(), count * sizeof(T));
    vector.insert(vector.end(), part.data(), part.data() + count);
    left -= count;
  }
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

/// A type's name as a C++ programmer writes it, from what `typeid(T).name()` gives.
std::string readable_type_name(const std::string& mangled);

template <class T>
const std::string& type_name() {
  static const std::string name = readable_type_name(typeid(T).name());
  return name;
}

namespace detail {

template <class T>
inline constexpr bool has_serializer = std::is_object_v<T> && !std::is_pointer_v<T> &&
                                       !std::is_array_v<T> && std::default_initializable<T> &&
                                       ((cereal::traits::is_output_serializable<T, Writer>::value &&
                                         cereal::traits::is_input_serializable<T, Reader>::value) ||
                                        std::is_empty_v<T>);

template <class T>
inline constexpr bool serializes_itself = cereal::traits::has_member_serialize<T, Writer>::value ||
                                          cereal::traits::has_member_save<T, Writer>::value;

// cereal says that every vector has a serializer, so look at what is inside it too.
template <class T>
struct Travels : std::bool_constant<has_serializer<T>> {};
template <template <class...> class Template, class... Arguments>
requires(!serializes_itself<Template<Arguments...>>) struct Travels<Template<Arguments...>>
    : std::bool_constant<has_serializer<Template<Arguments...>> &&
                         (std::is_empty_v<Template<Arguments...>> ||
                          ((std::is_empty_v<Arguments> || Travels<Arguments>::value) && ...))> {
};
// An array of no elements is one too many for cereal.
template <class T, std::size_t size>
struct Travels<std::array<T, size>> : std::bool_constant<(size > 0) && Travels<T>::value> {};

void check_type(Reader& reader, const std::string& expected);
[[noreturn]] void throw_damaged(const std::string& type, const char* reason);

}  // namespace detail

/// Whether values of this type can travel to another process: arithmetic types, strings, standard
/// containers, tuples, optionals, variants, empty types, and whatever has a cereal `serialize`.
template <class T>
inline constexpr bool can_travel = detail::Travels<std::remove_cv_t<T>>::value;

/// Packs a value, with a tag that names its type.
template <class T>
requires can_travel<T> Message pack(const T& value) {
  Message message;
  Writer writer{message};
  writer(type_name<T>(), value);
  return message;
}

/// Unpacks a value of the type that was packed. Throws MessageError, which names both types when
/// they differ.
template <class T>
requires can_travel<T> T unpack(Message message) {
  Reader reader{message};
  detail::check_type(reader, type_name<T>());
  try {
    T value{};
    reader(value);
    if (reader.remaining() > 0) throw MessageError{"bytes are left over"};
    return value;
  } catch (const MessageError& error) {
    detail::throw_damaged(type_name<T>(), error.what());
  } catch (const cereal::Exception& error) {
    detail::throw_damaged(type_name<T>(), error.what());
  }
}

}  // namespace mp

CEREAL_REGISTER_ARCHIVE(mp::Writer)
CEREAL_REGISTER_ARCHIVE(mp::Reader)
CEREAL_SETUP_ARCHIVE_TRAITS(mp::Reader, mp::Writer)
