#pragma once

#include <sys/types.h>
#include <concepts>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <mp/message.hpp>

// How a function and its arguments get into another process.
//
// A forked child has a copy of everything, so it just makes the call. A spawned one starts from
// nothing. The function travels as its offset from the start of the executable, or of the shared
// library that it is in (both processes have the same one, though loaded at different addresses),
// and the arguments as a message.

namespace mp {

/// Marks a class whose objects are handles to something that processes share (a lock, a shared
/// array …). In another process, std::ref(object) then refers to the same shared object.
template <class T>
concept ProcessShared = requires {
  typename T::process_shared;
}
&&can_travel<T>;

namespace detail {

/// The location of a function, in a form that another process understands.
struct CodeLocation {
  std::uint64_t object = 0;  // a hash of the shared library's build id; 0: the program itself
  std::uint64_t offset = 0;  // from its start
};

/// Throws CannotTravel for an address that is in no code, or in a library without a build id.
CodeLocation code_location(const void* address);

/// Returns the address of the function there. Throws MessageError when this process has no such
/// library, or no code there.
const void* code_address(const CodeLocation& location);

/// A function pointer that can travel.
template <class Pointer>
struct CodePointer {
  Pointer pointer{};
  void save(Writer& writer) const { writer(code_location(reinterpret_cast<const void*>(pointer))); }
  void load(Reader& reader) {
    CodeLocation location;
    reader(location);
    pointer = reinterpret_cast<Pointer>(const_cast<void*>(code_address(location)));
  }
};

// How a value of type T travels: the type that is sent, and how the value is rebuilt from it.
template <class T>
struct WireTraits {
  using Type = T;
  static const T& encode(const T& value) { return value; }
  static T&& decode(T& arrived) { return std::move(arrived); }
};
template <>
struct WireTraits<const char*> {
  using Type = std::string;
  static std::string encode(const char* value) { return value; }
  static const char* decode(const std::string& arrived) { return arrived.c_str(); }
};
template <>
struct WireTraits<std::string_view> {
  using Type = std::string;
  static std::string encode(std::string_view value) { return std::string{value}; }
  static std::string_view decode(const std::string& arrived) { return arrived; }
};
template <class T>
requires std::is_pointer_v<T> && std::is_function_v<std::remove_pointer_t<T>>
struct WireTraits<T> {
  using Type = CodePointer<T>;
  static CodePointer<T> encode(T value) { return {value}; }
  static T decode(const CodePointer<T>& arrived) { return arrived.pointer; }
};
template <ProcessShared T>
struct WireTraits<std::reference_wrapper<T>> {
  using Type = T;
  static const T& encode(const std::reference_wrapper<T>& value) { return value.get(); }
  static std::reference_wrapper<T> decode(T& arrived) { return arrived; }
};

template <class T>
inline constexpr bool is_sendable = can_travel<typename WireTraits<T>::Type>;

template <class T>
inline constexpr bool is_address = std::is_pointer_v<T>;
template <class T>
inline constexpr bool is_address<std::reference_wrapper<T>> = true;

[[noreturn]] void throw_cannot_travel(const std::string& type, bool is_function, bool is_address);

template <class T>
void require_sendable(bool is_function) {
  if constexpr (!is_sendable<T>) throw_cannot_travel(type_name<T>(), is_function, is_address<T>);
}

/// A call to make in another process.
class Task {
 public:
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task() = default;

  /// Makes the call in this process; the function and its arguments are gone afterwards.
  virtual void run() = 0;

  /// Writes what Task::run_from reads. Throws CannotTravel.
  virtual void write(Writer& writer) const = 0;

  /// Returns the descriptors that the arguments own or refer to.
  virtual std::set<int> descriptors() const = 0;

  /// Tells arguments that keep a list of members (such as mp::Barrier) which process will make the
  /// call, so that they notice if it dies first.
  virtual void announce(pid_t pid, const std::string& name) const = 0;

  /// Makes the call that another process wrote.
  static void run_from(Reader& reader) {
    CodePointer<void (*)(Reader&)> arrive;
    reader(arrive);
    arrive.pointer(reader);
  }
};

/// A call of `function(arguments...)` with copies of both, like those of std::jthread.
template <class Function, class... Arguments>
class Call final : public Task {
 public:
  template <class F, class... A>
  explicit Call(F&& function, A&&... arguments)
      : parts_{std::forward<F>(function), std::forward<A>(arguments)...} {}

  void run() override {
    std::apply([](const auto&... part) { (take_part(part), ...); }, parts_);
    std::apply([](auto... part) { std::invoke(std::move(part)...); }, std::move(parts_));
  }

  void write(Writer& writer) const override {
    require_sendable<Function>(true);
    (require_sendable<Arguments>(false), ...);
    if constexpr (is_sendable<Function> && (is_sendable<Arguments> && ...)) {
      writer(CodePointer<void (*)(Reader&)>{&Call::arrive});
      std::apply(
          [&](const auto&... part) {
            (writer(WireTraits<std::remove_cvref_t<decltype(part)>>::encode(part)), ...);
          },
          parts_);
    }
  }

  std::set<int> descriptors() const override {
    std::set<int> found;
    Writer writer{found};
    std::apply([&](const auto&... part) { (note(writer, part), ...); }, parts_);
    return found;
  }

  void announce(pid_t pid, const std::string& name) const override {
    std::apply([&](const auto&... part) { (announce_to(part, pid, name), ...); }, parts_);
  }

 private:
  template <class T>
  static void announce_to(const T& part, pid_t pid, const std::string& name) {
    if constexpr (requires { part.get().add_member(pid, name); }) part.get().add_member(pid, name);
  }

  // Makes this process, which makes the call, a member.
  template <class T>
  static void take_part(const T& part) {
    if constexpr (requires { part.get().take_part(); }) part.get().take_part();
  }

  template <class T>
  static void note(Writer& writer, const T& part) {
    if constexpr (is_sendable<T> && !std::is_pointer_v<T>) writer(WireTraits<T>::encode(part));
  }

  static void arrive(Reader& reader) {
    if constexpr (is_sendable<Function> && (is_sendable<Arguments> && ...)) {
      std::tuple<typename WireTraits<Function>::Type, typename WireTraits<Arguments>::Type...>
          arrived;
      std::apply([&](auto&... part) { (reader(part), ...); }, arrived);
      std::apply(
          [](auto& function, auto&... part) {
            (take_part(WireTraits<Arguments>::decode(part)), ...);
            std::invoke(WireTraits<Function>::decode(function),
                        WireTraits<Arguments>::decode(part)...);
          },
          arrived);
    }
  }

  std::tuple<Function, Arguments...> parts_;
};

}  // namespace detail
}  // namespace mp
