#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <mp/outcome.hpp>
#include <mp/partial.hpp>
#include <mp/pool_engine.hpp>

// How calls are sent to the workers of a pool. Not for lessons.

namespace mp::detail {

/// For the elements of a std::map: the received key is not const, so that it can be assigned.
template <class Key, class T>
struct WireTraits<std::pair<const Key, T>> {
  using Type = std::pair<Key, T>;
  static const std::pair<const Key, T>& encode(const std::pair<const Key, T>& value) {
    return value;
  }
  static Type&& decode(Type& arrived) { return std::move(arrived); }
};

/// The worker calls this for a chunk after it has read the function's address.
using RunChunk = void (*)(Reader&, Message& reply, std::uint32_t calls);

/// Runs in a worker: makes the calls of a chunk and writes the outcome of each into the reply.
void run_chunk(Message& chunk, std::uint32_t calls, Message& reply);

template <class Function, class Arguments>
struct Work;
template <class Function, class... Argument>
struct Work<Function, std::tuple<Argument...>> {
  using Result = std::remove_cvref_t<std::invoke_result_t<
      DecodedRef<Function>, decltype(WireTraits<Argument>::decode(
                                std::declval<typename WireTraits<Argument>::Type&>()))...>>;

  // Numbers are sent as a block of memory, without an archive.
  static constexpr bool only_numbers = sizeof...(Argument) > 0 && (is_number<Argument> && ...);
  static constexpr std::size_t size_of_numbers = (sizeof(Argument) + ... + 0);

  /// Writes chunks: the address of `run`, the function, and the arguments of each call.
  class Encoder {
   public:
    explicit Encoder(const Function& function) : function_{function} {}

    /// Begins a chunk of about this many calls.
    void start(std::size_t calls) {
      chunk_ = Chunk{};
      auto& bytes = chunk_.message.bytes;
      if (!only_numbers || prefix_.empty()) {
        writer_.emplace(chunk_.message);
        (*writer_)(CodePointer<RunChunk>{&run}, WireTraits<Function>::encode(function_));
        if (chunk_.message.descriptors.empty()) prefix_ = bytes;
      } else {
        bytes = prefix_;
      }
      used_ = bytes.size();
      if constexpr (only_numbers)
        bytes.resize(used_ + std::min<std::size_t>(calls, 4096) * size_of_numbers);
    }
    void add(const Argument&... argument) {
      if (chunk_.calls == std::numeric_limits<std::uint32_t>::max())
        throw std::length_error{"too many calls in one chunk"};
      if constexpr (only_numbers) {
        auto& bytes = chunk_.message.bytes;
        if (bytes.size() - used_ < size_of_numbers) bytes.resize(2 * bytes.size());
        (std::memcpy(bytes.data() + std::exchange(used_, used_ + sizeof argument), &argument,
                     sizeof argument),
         ...);
      } else {
        ((*writer_)(WireTraits<Argument>::encode(argument)), ...);
      }
      ++chunk_.calls;
    }
    /// Adds calls whose only arguments are these numbers.
    template <class Number>
    void add_all(const Number* numbers, std::size_t count) {
      if (count > std::numeric_limits<std::uint32_t>::max())
        throw std::length_error{"too many calls in one chunk"};
      chunk_.message.bytes.resize(used_);
      chunk_.message.bytes.append(reinterpret_cast<const char*>(numbers), count * sizeof *numbers);
      used_ = chunk_.message.bytes.size();
      chunk_.calls = static_cast<std::uint32_t>(count);
    }
    std::size_t calls() const { return chunk_.calls; }
    Chunk finish() {
      if constexpr (only_numbers) chunk_.message.bytes.resize(used_);
      return std::move(chunk_);
    }

   private:
    const Function& function_;
    Chunk chunk_;
    std::optional<Writer> writer_;  // for the chunk
    std::string prefix_;            // the beginning of every chunk, unless it contains descriptors
    std::size_t used_ = 0;
  };

  static void run(Reader& reader, Message& reply, std::uint32_t calls) {
    typename WireTraits<Function>::Type function{};
    reader(function);
    OutcomeWriter<Result> outcomes{reply, calls};
    std::string_view numbers;
    if constexpr (only_numbers) numbers = reader.take(calls * size_of_numbers);
    for (; calls > 0; --calls) {
      std::tuple<typename WireTraits<Argument>::Type...> arguments;
      std::apply(
          [&](auto&... argument) {
            if constexpr (only_numbers)
              (read_number(numbers, argument), ...);
            else
              (reader(argument), ...);
          },
          arguments);
      outcomes.add([&]() -> decltype(auto) {
        return std::apply(
            [&](auto&... argument) -> decltype(auto) {
              return std::invoke(decoded_ref<Function>(function),
                                 WireTraits<Argument>::decode(argument)...);
            },
            arguments);
      });
    }
  }

 private:
  template <class T>
  static void read_number(std::string_view& bytes, T& number) {
    std::memcpy(&number, bytes.data(), sizeof number);
    bytes.remove_prefix(sizeof number);
  }
};

/// How an item becomes the arguments of a call: as one argument, or as a tuple of arguments.
struct AsItIs {
  template <class Item>
  using Arguments = std::tuple<Item>;
  static void add(auto& encoder, const auto& item) { encoder.add(item); }
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
  static void add(auto& encoder, const auto& item) {
    std::apply([&](const auto&... element) { encoder.add(element...); }, item);
  }
};

template <class Function, class Arguments>
using ResultOf = typename Work<Function, Arguments>::Result;

template <class Spread, class Function, class Range>
using WorkOn =
    Work<Function, typename Spread::template Arguments<std::ranges::range_value_t<Range>>>;

/// Returns the range if it is sized, otherwise a vector copy of it.
template <class Range>
decltype(auto) counted(Range& range) {
  if constexpr (std::ranges::sized_range<Range>) {
    return (range);
  } else {
    std::vector<std::ranges::range_value_t<Range>> items;
    for (auto&& item : range) items.push_back(std::forward<decltype(item)>(item));
    return items;
  }
}

/// Whether items can be taken and written in almost no time.
template <class Iterator>
inline constexpr bool takes_no_time =
    std::contiguous_iterator<Iterator>&& std::is_arithmetic_v<std::iter_value_t<Iterator>>;

/// Writes the next chunk of a range's items and moves `next` past them.
template <class Spread, class Encoder, class Iterator, class Sentinel>
Chunk encode_chunk(Encoder& encoder, Iterator& next, const Sentinel& end, std::size_t chunk_size) {
  using Item = std::iter_value_t<Iterator>;
  if constexpr (std::same_as<Spread, AsItIs> && is_number<Item> &&
                std::contiguous_iterator<Iterator> && std::sized_sentinel_for<Sentinel, Iterator>) {
    const auto count = std::min(chunk_size, static_cast<std::size_t>(end - next));
    encoder.start(0);
    encoder.add_all(std::to_address(next), count);
    next += static_cast<std::iter_difference_t<Iterator>>(count);
    return encoder.finish();
  }
  encoder.start(chunk_size);
  for (; encoder.calls() < chunk_size && next != end; ++next) {
    const Item& item = *next;
    Spread::add(encoder, item);
  }
  return encoder.finish();
}

}  // namespace mp::detail
