#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <mp/message.hpp>
#include <mp/task.hpp>
#include <mp/value.hpp>

namespace mp {

class Memory;

/// A function whose results are kept; made by Memory::cache.
template <class Function>
class Cached {
 public:
  Cached(Memory& memory, Function function) : memory_{&memory}, function_{std::move(function)} {}
  template <class... Arguments>
  auto operator()(Arguments&&... arguments) const;

 private:
  Memory* memory_;
  Function function_;
};

/// Results of slow functions, kept in a folder: a call that was made before, by this run of the
/// program or an earlier one, is answered from disk. After joblib's `Memory`.
///
///     mp::Memory cache{"results"};
///     double pi = cache.call(estimate_pi, 100'000'000, seed);
///     auto estimate = cache.cache(estimate_pi);  // the same as a function: estimate(1000, seed)
///
/// The same call is: the same function, equal arguments, and the same program; after a change
/// everything is computed anew. (The executable is looked at, and the shared library that the
/// function is in; not what that calls, nor files.) Call functions whose result depends on their
/// arguments alone. 0.0 and -0.0 are equal, and so are unordered containers of equal elements, in
/// whatever order.
///
/// Several processes may use one folder at the same time. So may several users: files have the
/// permissions that the umask leaves to new ones. A file is trusted only if it is whole and holds
/// this very call; otherwise the result is computed, and the file replaced. Where nothing can be
/// kept, or the program's own file cannot be read, the result is computed every time, and one line
/// on standard error says why: one for all processes that are forked with this object. A spawned
/// process has its own, and says it anew.
class Memory {
 public:
  /// The folder is made when there is something to keep. It stays the same one when the program
  /// changes its directory.
  explicit Memory(std::filesystem::path folder);

  /// `function(arguments...)`, computed or from disk. The function is one of this program, or a
  /// lambda without captures; arguments and result are of types that can travel. Throws what the
  /// function throws (nothing is kept then), CannotTravel for arguments that hold descriptors. A
  /// function that returns nothing is called the first time only.
  template <class Function, class... Arguments>
  auto call(Function function, Arguments... arguments) {
    using Result = decltype(compute(function, arguments...));
    static_assert(detail::is_sendable<Function>,
                  "mp::Memory: only a function or a lambda without captures can be known again; "
                  "pass values as arguments");
    static_assert((detail::is_sendable<Arguments> && ...),
                  "mp::Memory: an argument has no serializer, or is an address, which means "
                  "nothing to the next run");
    static_assert(std::is_void_v<Result> || can_travel<Result>,
                  "mp::Memory: the result has no serializer");

    // Function pointers with the same types differ in value, lambdas in their type, for which this
    // function has an address of its own.
    const detail::CodePointer<Result (*)(Function&, const Arguments&...)> types{&compute};
    Message key;
    auto writer = Writer::canonical(key);
    writer(types, detail::WireTraits<Function>::encode(function));
    (writer(detail::WireTraits<Arguments>::encode(arguments)), ...);
    if (!complete(key)) return compute(function, arguments...);

    if constexpr (std::is_void_v<Result>) {
      if (find(key)) return;
      compute(function, arguments...);
      return keep(key, Message{});
    } else if (auto kept = find(key)) {
      try {
        return decode<Result>(*std::move(kept));
      } catch (const MessageError&) {  // whole, but of no use
      }
    }
    if constexpr (!std::is_void_v<Result>) {
      Result result = compute(function, arguments...);
      keep(key, encode(result));
      return result;
    }
  }

  /// Returns a function object that calls `function` through `call`. It refers to this Memory.
  template <class Function>
  auto cache(Function function) {
    return Cached<Function>{*this, std::move(function)};
  }

  /// Removes all results from the folder, but nothing else. Throws std::system_error.
  void clear();

 private:
  template <class Function, class... Arguments>
  static auto compute(Function& function, const Arguments&... arguments) {
    return std::invoke(function, arguments...);
  }

  /// Adds the version of the program; false when that cannot be found out.
  bool complete(Message& key);
  std::filesystem::path file(const Message& key) const;
  std::optional<Message> find(const Message& key) const;
  void keep(const Message& key, const Message& result);
  void remove_unfinished() const;
  void warn(const char* reason);

  std::filesystem::path folder_;
  Value<std::atomic<bool>> has_warned_;
};

template <class Function>
template <class... Arguments>
auto Cached<Function>::operator()(Arguments&&... arguments) const {
  return memory_->call(function_, std::forward<Arguments>(arguments)...);
}

}  // namespace mp
