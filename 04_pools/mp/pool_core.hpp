#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <mp/frame.hpp>
#include <mp/partial.hpp>
#include <mp/process.hpp>
#include <mp/worker_error.hpp>

// What is under mp::Pool: bytes in, bytes out; and how calls become bytes. Not for lessons.

namespace mp::detail {

/// What a worker answered to a chunk of calls.
struct Reply {
  std::size_t chunk = 0;       // its number in the batch
  std::uint32_t calls = 0;     // in it
  Message message{};           // the outcome of each
  std::exception_ptr error{};  // instead, if none came
  std::string worker{};
};

struct PoolCore;
struct BatchState;

/// Chunks of calls that belong together, and their answers, which arrive in any order.
class Batch {
 public:
  explicit Batch(std::shared_ptr<PoolCore> pool);

  /// Gives a chunk to the pool: a frame that has no end yet. With `in_background`, a thread sees to
  /// it that the pool goes on while nobody waits for it.
  void submit(Message chunk, std::size_t calls, bool in_background = false);

  /// Takes an answer; waits for it. Empty when the deadline has passed, or nothing is left.
  std::optional<Reply> next(Deadline deadline = std::nullopt);

  /// Waits until all answers are there; false when the deadline passes first.
  bool wait(Deadline deadline);

  std::size_t submitted() const { return submitted_; }  // chunks
  std::size_t unanswered() const { return submitted_ - taken_; }

  /// How many chunks without an answer keep the workers busy.
  std::size_t ahead() const;

  /// Forgets what no worker has begun, and drops the answers to the rest.
  void cancel() noexcept;

 private:
  std::shared_ptr<BatchState> state_;
  std::size_t submitted_ = 0, taken_ = 0;
};

/// A batch that is cancelled at the end of the scope, unless all of it is done.
struct ScopedBatch : Batch {
  using Batch::Batch;
  ScopedBatch(const ScopedBatch&) = delete;
  ScopedBatch& operator=(const ScopedBatch&) = delete;
  ~ScopedBatch() {
    if (unanswered() > 0) cancel();
  }
  Batch release() { return std::move(*this); }
};

/// Writes the exception that is being handled.
void write_error(Writer& writer);
[[noreturn]] void throw_error(Reader& reader, const std::string& worker);

/// Writes the outcome of a call: what it writes itself, or the exception that it throws.
template <class Call>
void attempt(Message& message, Writer& writer, const Call& call) {
  const auto bytes = message.bytes.size(), descriptors = message.descriptors.size();
  try {
    writer(true);
    call();
  } catch (...) {
    message.bytes.resize(bytes);
    message.descriptors.resize(descriptors);
    writer(false);
    write_error(writer);
  }
}

using RunChunk = void (*)(Reader&, Message&, Writer&, std::uint32_t calls);

/// How calls of a function with these arguments travel to a worker, and their results back.
template <class Function, class Arguments>
struct Work;
template <class Function, class... Argument>
struct Work<Function, std::tuple<Argument...>> {
  using Result = std::remove_cvref_t<std::invoke_result_t<
      Borrowed<Function>,
      decltype(Parcel<Argument>::unpack(std::declval<typename Parcel<Argument>::Type&>()))...>>;

  /// The address of `run`, the function, and the arguments of each call.
  struct Chunk {
    Message message;
    Writer writer{message};
    std::size_t calls = 0;

    explicit Chunk(const Function& function) {
      begin_frame(message);
      writer(Code<RunChunk>{&run}, Parcel<Function>::pack(function));
    }
    void add(const Argument&... argument) {
      (writer(Parcel<Argument>::pack(argument)), ...);
      ++calls;
    }
  };

  /// What a worker does with a chunk.
  static void run(Reader& reader, Message& message, Writer& writer, std::uint32_t calls) {
    typename Parcel<Function>::Type function{};
    reader(function);
    for (; calls > 0; --calls) {
      std::tuple<typename Parcel<Argument>::Type...> arguments;
      std::apply([&](auto&... argument) { (reader(argument), ...); }, arguments);
      attempt(message, writer, [&] {
        const auto call = [&](auto&... argument) -> decltype(auto) {
          return std::invoke(borrow<Function>(function), Parcel<Argument>::unpack(argument)...);
        };
        if constexpr (std::is_void_v<Result>) {
          std::apply(call, arguments);
        } else {
          const Result& result = std::apply(call, arguments);
          writer(result);
        }
      });
    }
  }
};

/// The outcomes of a chunk, one by one.
template <class Result>
class Outcomes {
 public:
  explicit Outcomes(Reply reply) : reply_{std::move(reply)} {
    if (reply_.error) return;
    bool readable{};
    reader_(readable);
    if (readable) return;
    try {
      throw_error(reader_, reply_.worker);
    } catch (const std::exception&) {
      reply_.error = std::current_exception();
    }
  }
  Outcomes(const Outcomes&) = delete;
  Outcomes& operator=(const Outcomes&) = delete;

  bool empty() const { return left_ == 0; }

  /// The next result. Throws what its call has thrown.
  Result next() {
    --left_;
    if (reply_.error) std::rethrow_exception(reply_.error);
    bool succeeded{};
    reader_(succeeded);
    if (!succeeded) throw_error(reader_, reply_.worker);
    if constexpr (!std::is_void_v<Result>) {
      Result result{};
      try {
        reader_(result);
      } catch (...) {
        reply_.error = std::current_exception();  // nor can the others be read
        throw;
      }
      return result;
    }
  }

 private:
  Reply reply_;
  Reader reader_{reply_.message};
  std::uint32_t left_ = reply_.calls;
};

/// The results of a batch, in order; or the first error, in order too.
template <class Result>
class Collector {
 public:
  Collector(std::size_t items, std::size_t chunk_size) : chunk_size_{chunk_size} {
    if constexpr (!std::is_void_v<Result>) results_.resize(items);
  }

  void take(Reply answer) {
    auto item = answer.chunk * chunk_size_;
    for (Outcomes<Result> outcomes{std::move(answer)}; !outcomes.empty(); ++item) {
      try {
        if constexpr (std::is_void_v<Result>)
          outcomes.next();
        else
          results_[item] = outcomes.next();
      } catch (...) {
        if (error_ && item > failed_) continue;
        failed_ = item;
        error_ = std::current_exception();
      }
    }
  }

  auto finish() {
    if (error_) std::rethrow_exception(error_);
    if constexpr (!std::is_void_v<Result>) return std::move(results_);
  }

 private:
  std::size_t chunk_size_;
  std::vector<std::conditional_t<std::is_void_v<Result>, std::nullptr_t, Result>> results_;
  std::size_t failed_ = 0;
  std::exception_ptr error_;
};

/// How an item becomes the arguments of a call: as it is, or as a tuple of them.
struct AsItIs {
  template <class Item>
  using Arguments = std::tuple<Item>;
  static void add(auto& chunk, const auto& item) { chunk.add(item); }
};
struct Unpacked {
  template <class Item>
  struct Elements;
  template <template <class...> class Tuple, class... Element>
  struct Elements<Tuple<Element...>> {
    using Type = std::tuple<std::remove_const_t<Element>...>;
  };
  template <class Element, std::size_t size>
  struct Elements<std::array<Element, size>> {
    using Type = decltype(std::tuple_cat(std::declval<std::array<Element, size>>()));
  };
  template <class Item>
  using Arguments = typename Elements<Item>::Type;
  static void add(auto& chunk, const auto& item) {
    std::apply([&](const auto&... element) { chunk.add(element...); }, item);
  }
};

template <class Function, class Arguments>
inline constexpr bool is_callable = false;
template <class Function, class... Argument>
inline constexpr bool is_callable<Function, std::tuple<Argument...>> =
    std::is_invocable_v<Borrowed<Function>,
                        decltype(Parcel<Argument>::unpack(
                            std::declval<typename Parcel<Argument>::Type&>()))...>;
template <class Arguments>
inline constexpr bool are_sendable = false;
template <class... Argument>
inline constexpr bool are_sendable<std::tuple<Argument...>> = (is_sendable<Argument> && ...);

/// Whether workers can make these calls; if not, the compiler says why.
template <class Function, class Arguments>
constexpr bool check_work() {
  static_assert(
      is_portable<Function>,
      "mp::Pool: this callable cannot travel to a worker; use a function, a lambda "
      "without captures, or mp::partial(function, values...) with values that can travel");
  if constexpr (is_portable<Function>) {
    static_assert(are_sendable<Arguments>,
                  "mp::Pool: an argument cannot travel to a worker; give its type a cereal "
                  "serialize function and a default constructor, and send no addresses");
    if constexpr (are_sendable<Arguments>) {
      static_assert(is_callable<Function, Arguments>,
                    "mp::Pool: the function cannot be called with these arguments; it gets "
                    "copies, so take them by value or by reference to const");
      if constexpr (is_callable<Function, Arguments>) {
        using Result = typename Work<Function, Arguments>::Result;
        constexpr bool returns = std::is_void_v<Result> || can_travel<Result>;
        static_assert(returns,
                      "mp::Pool: the result cannot travel back from a worker; give its type a "
                      "cereal serialize function and a default constructor, and return no address");
        return returns;
      }
    }
  }
  return false;
}

template <class Function, class Arguments>
using ResultOf = typename Work<Function, Arguments>::Result;

template <class Spread, class Function, class Range>
using WorkOn =
    Work<Function, typename Spread::template Arguments<std::ranges::range_value_t<Range>>>;

template <class Spread, class Function, class Range>
constexpr bool check_range() {
  return check_work<Function,
                    typename Spread::template Arguments<std::ranges::range_value_t<Range>>>();
}

template <class Range>
std::vector<std::ranges::range_value_t<Range>> items_of(Range& range) {
  std::vector<std::ranges::range_value_t<Range>> items;
  for (auto&& item : range) items.push_back(std::forward<decltype(item)>(item));
  return items;
}

/// What a call that does not compile gives, so that the compiler says no more about it.
struct Anything {
  template <class T>
  operator T() const;  // NOLINT(google-explicit-constructor)
};

}  // namespace mp::detail
