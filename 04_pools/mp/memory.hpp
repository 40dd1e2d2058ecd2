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

/// A function whose results are cached; returned by Memory::cache.
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

/// Results of slow functions, cached in a folder. A call that was made before, in this run of the
/// program or an earlier one, is answered from disk. After joblib's `Memory`.
///
///     mp::Memory cache{"results"};
///     double pi = cache.call(estimate_pi, 100'000'000, seed);
///     auto estimate = cache.cache(estimate_pi);  // the same as a function: estimate(1000, seed)
///
/// Two calls are the same if function, arguments and program are the same; after a change of the
/// program everything is computed again. (The executable counts, and the function's shared library,
/// but not other libraries or files.) Call functions whose result depends only on their arguments.
/// 0.0 and -0.0 are equal, and so are unordered containers of equal elements, in any order.
///
/// Several processes, and several users, may use one folder at the same time; files have the
/// permissions that the umask allows. A file is trusted only if it is complete and holds exactly
/// this call; otherwise the result is computed and the file replaced. If nothing can be stored, or
/// the program's own file cannot be read, the result is computed every time, and one line on
/// standard error says why, once for all processes forked with this object. A spawned process has
/// its own object, and prints it again.
class Memory {
 public:
  /// The folder is created when there is something to store. It stays the same when the program
  /// changes its directory.
  explicit Memory(std::filesystem::path folder);

  /// Returns `function(arguments...)`, computed or from disk. The function is one of this program
  /// or a lambda without captures; arguments and result are of types that can travel. Throws what
  /// the function throws (and stores nothing then), CannotTravel for arguments that hold
  /// descriptors. A void function is called only the first time.
  template <class Function, class... Arguments>
  auto call(Function function, Arguments... arguments) {
    using Result = decltype(compute(function, arguments...));
    static_assert(
        detail::is_sendable<Function>,
        "mp::Memory: only a function or a lambda without captures can be recognised again; "
        "pass values as arguments");
    static_assert((detail::is_sendable<Arguments> && ...),
                  "mp::Memory: an argument has no serializer, or is an address, which means "
                  "nothing to the next run");
    static_assert(std::is_void_v<Result> || can_travel<Result>,
                  "mp::Memory: the result has no serializer");

    // Function pointers of the same type differ in value, lambdas in their type, for which this
    // function has its own address.
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
      } catch (const MessageError&) {  // complete, but useless
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

  /// Removes all results from the folder, and nothing else. Throws std::system_error.
  void clear();

 private:
  template <class Function, class... Arguments>
  static auto compute(Function& function, const Arguments&... arguments) {
    return std::invoke(function, arguments...);
  }

  /// Adds the version of the program; returns false when that cannot be determined.
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
