#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <mp/serializers.hpp>

// How values cross a process boundary. cereal turns a value into bytes, and descriptors are sent
// with them. Processes share no addresses, so nothing that points into memory can be sent.

namespace mp {

/// The other end is gone, and there is nothing more to receive.
struct EndOfFile : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The other end is gone, so no process will receive what is sent.
struct BrokenPipe : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Returns a type's name as a C++ programmer writes it, from `typeid(T).name()`.
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

// cereal claims a serializer for every vector and every plain struct, so check what they contain,
// too. `Around` lists the structs being checked, because one may contain itself.
template <class T, class... Around>
struct Travels : std::bool_constant<has_serializer<T>> {};
template <template <class...> class Template, class... Arguments, class... Around>
requires(!serializes_itself<Template<Arguments...>> &&
         !Aggregate<Template<Arguments...>>) struct Travels<Template<Arguments...>, Around...>
    : std::bool_constant<has_serializer<Template<Arguments...>> &&
                         (std::is_empty_v<Template<Arguments...>> ||
                          ((std::is_empty_v<Arguments> || Travels<Arguments, Around...>::value) &&
                           ...))> {
};
// Only cereal knows the types derived from an abstract base.
template <template <class...> class Pointer, class T, class... Rest, class... Around>
requires(std::is_abstract_v<T>) struct Travels<Pointer<T, Rest...>, Around...>
    : std::bool_constant<has_serializer<Pointer<T, Rest...>>> {
};
// cereal cannot handle an array without elements.
template <class T, std::size_t size, class... Around>
struct Travels<std::array<T, size>, Around...>
    : std::bool_constant<(size > 0) && Travels<T, Around...>::value> {};
template <Aggregate T, class... Around>
struct Travels<T, Around...> {
  struct EachMember {
    template <class... Member>
    std::bool_constant<((!std::is_const_v<Member> && Travels<Member, T, Around...>::value) && ...)>
    operator()(Member&...) const {
      return {};
    }
  };
  static constexpr bool is_around = (std::same_as<T, Around> || ...);
  static constexpr bool value = [] {
    if constexpr (is_around)
      return true;
    else
      return decltype(with_members(std::declval<T&>(), EachMember{}))::value;
  }();
};

void check_type(Reader& reader, const std::string& expected);
[[noreturn]] void throw_damaged(const std::string& type, const char* reason);

template <class T>
T decode(Reader& reader) {
  check_type(reader, type_name<T>());
  try {
    T value{};
    reader(value);
    if (reader.remaining() > 0) throw MessageError{"bytes are left over"};
    return value;
  } catch (const MessageError& error) {
    throw_damaged(type_name<T>(), error.what());
  } catch (const cereal::Exception& error) {
    throw_damaged(type_name<T>(), error.what());
  }
}

/// A message that is being received; the bytes of a large one stay in the socket until they are
/// needed.
class ArrivingMessage {
 public:
  /// Receives the beginning, or all of it. Throws what Message::receive throws.
  explicit ArrivingMessage(const FileDescriptor& socket);
  ArrivingMessage(const ArrivingMessage&) = delete;
  ArrivingMessage& operator=(const ArrivingMessage&) = delete;
  ~ArrivingMessage();  // reads the rest from the socket, so that the next message can be received

  Message message;
  std::uint64_t left() const { return left_; }  // bytes still to be received
  void fetch(std::uint64_t size);               // appends the next ones to the message
  void read(char* data, std::size_t size);      // reads the next ones directly from the socket

 private:
  const FileDescriptor& socket_;
  std::uint64_t left_ = 0;
};

}  // namespace detail

/// Whether values of this type can travel to another process: arithmetic types, strings, standard
/// containers, tuples, optionals, variants, empty types, plain structs of these (see
/// detail::Aggregate), and whatever has a cereal `serialize`.
template <class T>
inline constexpr bool can_travel = detail::Travels<std::remove_cv_t<T>>::value;

namespace detail {
/// Whether values of this type can travel. If not, the compiler says what to write, with the same
/// message wherever values are sent.
template <class T>
constexpr bool require_travel() {
  static_assert(can_travel<T>,
                "values of this type cannot be sent to another process. A class with a "
                "constructor, private members, a base class, an array or more than twelve members "
                "needs a line such as  "
                "void serialize(auto& archive) { archive(first_member, second_member); }  "
                "and a default constructor. Addresses cannot be sent at all.");
  return can_travel<T>;
}
}  // namespace detail

/// Encodes a value, with a tag that names its type.
template <class T>
requires can_travel<T> Message encode(const T& value) {
  Message message;
  Writer writer{message};
  writer(type_name<T>(), value);
  return message;
}

/// Decodes a value of the type that was encoded. Throws MessageError, which names both types when
/// they differ.
template <class T>
requires can_travel<T> T decode(Message message) {
  Reader reader{message};
  return detail::decode<T>(reader);
}

/// Encodes a value and sends it, a long string or vector of numbers without a copy. Throws what
/// Message::send throws.
template <class T>
requires can_travel<T>
void send(const FileDescriptor& socket, const T& value) {
  if constexpr (detail::is_flat<T>) {
    Message message;
    Writer writer{message};
    writer(type_name<T>(), static_cast<cereal::size_type>(value.size()));
    message.send(socket,
                 {reinterpret_cast<const char*>(value.data()), value.size() * sizeof value[0]});
  } else {
    encode(value).send(socket);
  }
}

/// Receives a value and decodes it, a long one while it arrives. Throws what Message::receive and
/// decode throw.
template <class T>
requires can_travel<T> T receive(const FileDescriptor& socket) {
  detail::ArrivingMessage message{socket};
  Reader reader{message};
  return detail::decode<T>(reader);
}

}  // namespace mp
