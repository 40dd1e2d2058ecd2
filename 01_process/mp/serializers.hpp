#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>
#include <cereal/cereal.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/bitset.hpp>
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

#include <mp/aggregate.hpp>
#include <mp/archive.hpp>

// How each kind of value is written and read; cereal finds these functions by their arguments.

namespace mp {
namespace detail {

// What cereal may write and read as plain memory: arrays of numbers, but not of bool (see `load`).
template <class T>
inline constexpr bool is_plain = !std::is_same_v<std::remove_all_extents_t<T>, bool>;

// Whether a container's elements are sent as one block of memory.
template <class Container>
inline constexpr bool is_flat = false;
template <class T, class Allocator>
inline constexpr bool is_flat<std::vector<T, Allocator>> = std::is_arithmetic_v<T>&& is_plain<T>;
template <class Char, class Traits, class Allocator>
inline constexpr bool is_flat<std::basic_string<Char, Traits, Allocator>> = true;

// Allocates memory for the first of the elements to come, and returns how many. Their number may be
// damaged, so memory is allocated as they arrive, in parts small enough for the cache, because the
// container fills them with zeros.
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

// Writes a number without padding bytes and without the sign of a zero.
template <std::floating_point T>
void save_canonical(Writer& writer, const T& value) {
  // An extended long double has ten bytes; the others only align the next one.
  constexpr std::size_t size = std::numeric_limits<T>::digits == 64 ? 10 : sizeof(T);
  const T number = value == T{0} ? T{0} : value;
  writer.write(&number, size);
}

// Returns the elements of an unordered container, sorted by their bytes.
template <class Container, class Write>
void save_sorted(Writer& writer, const Container& container, const Write& write) {
  std::vector<std::string> elements;
  for (const auto& element : container) {
    Message message;
    Writer one = Writer::canonical(message);
    write(one, element);
    elements.push_back(std::move(message.bytes));
    for (auto& descriptor : message.descriptors) writer.attach(descriptor);
  }
  std::ranges::sort(elements);
  writer(elements);
}

}  // namespace detail

// The functions that cereal looks for, for the few basic types of which all others consist.
template <class T>
requires std::is_arithmetic_v<T>
void save(Writer& writer, const T& value) {
  if constexpr (std::is_floating_point_v<T>)
    if (writer.is_canonical()) return detail::save_canonical(writer, value);
  writer.write(&value, sizeof value);
}

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
  using Number = std::remove_cvref_t<std::remove_all_extents_t<std::remove_pointer_t<T>>>;
  if constexpr (std::is_floating_point_v<Number>) {
    if (writer.is_canonical()) {
      const std::size_t count = static_cast<std::size_t>(data.size) / sizeof(Number);
      const auto* const numbers = static_cast<const Number*>(data.data);
      for (std::size_t i = 0; i < count; ++i) detail::save_canonical(writer, numbers[i]);
      return;
    }
  }
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

// In unordered containers, equal elements may come in any order.
template <class Key, class Hash, class Equal, class Allocator>
void save(Writer& writer, const std::unordered_set<Key, Hash, Equal, Allocator>& set) {
  if (!writer.is_canonical()) return cereal::save(writer, set);
  detail::save_sorted(writer, set, [](Writer& one, const Key& key) { one(key); });
}
template <class Key, class Hash, class Equal, class Allocator>
void save(Writer& writer, const std::unordered_multiset<Key, Hash, Equal, Allocator>& set) {
  if (!writer.is_canonical()) return cereal::save(writer, set);
  detail::save_sorted(writer, set, [](Writer& one, const Key& key) { one(key); });
}
template <class Key, class T, class... Rest>
void save(Writer& writer, const std::unordered_map<Key, T, Rest...>& map) {
  if (!writer.is_canonical()) return cereal::save(writer, map);
  detail::save_sorted(writer, map,
                      [](Writer& one, const auto& pair) { one(pair.first, pair.second); });
}
template <class Key, class T, class... Rest>
void save(Writer& writer, const std::unordered_multimap<Key, T, Rest...>& map) {
  if (!writer.is_canonical()) return cereal::save(writer, map);
  detail::save_sorted(writer, map,
                      [](Writer& one, const auto& pair) { one(pair.first, pair.second); });
}

// Recognises a std::filesystem::path by its members, because its header is slow to compile.
template <class Path>
requires requires(const Path& path) { path.native(), path.lexically_normal(); }
void save(Writer& writer, const Path& path) { writer(path.native()); }
template <class Path>
requires requires(const Path& path) { path.native(), path.lexically_normal(); }
void load(Reader& reader, Path& path) {
  typename Path::string_type text;
  reader(text);
  path = std::move(text);
}

inline void save(Writer& writer, const FileDescriptor& descriptor) { writer.attach(descriptor); }
inline void load(Reader& reader, FileDescriptor& descriptor) { descriptor = reader.detach(); }

template <class Archive, detail::Aggregate T>
requires(std::same_as<Archive, Writer> ||
         std::same_as<Archive, Reader>) void serialize(Archive& archive, T& value) {
  detail::with_members(value, [&](auto&... members) { archive(members...); });
}

namespace detail {

// Wrappers that belong to the value around them and are not values themselves.
template <class T>
inline constexpr bool is_wrapping = std::is_arithmetic_v<T>;
template <class T>
inline constexpr bool is_wrapping<cereal::SizeTag<T>> = true;
template <class T>
inline constexpr bool is_wrapping<cereal::BinaryData<T>> = true;

}  // namespace detail

// cereal calls these before and after every value.
template <class T>
void prologue(Writer& writer, const T&) {
  if constexpr (!detail::is_wrapping<T>) writer.enter();
}

template <class T>
void epilogue(Writer& writer, const T&) {
  if constexpr (!detail::is_wrapping<T>) writer.leave();
}

template <class T>
void prologue(Reader& reader, const T&) {
  if constexpr (!detail::is_wrapping<T>) reader.enter();
}

template <class T>
void prologue(Reader& reader, const cereal::memory_detail::PtrWrapper<std::shared_ptr<T>&>&) {
  reader.enter();
  reader.expect_shared(typeid(T));
}

template <class T>
void epilogue(Reader& reader, const T&) {
  if constexpr (!detail::is_wrapping<T>) reader.leave();
}

}  // namespace mp

CEREAL_REGISTER_ARCHIVE(mp::Writer)
CEREAL_REGISTER_ARCHIVE(mp::Reader)
CEREAL_SETUP_ARCHIVE_TRAITS(mp::Reader, mp::Writer)
