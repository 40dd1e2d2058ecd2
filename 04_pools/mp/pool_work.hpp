#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <mp/frame.hpp>
#include <mp/partial.hpp>

// How calls travel to the workers of mp::Pool, and their results back. Not for lessons.

namespace mp::detail {

/// Writes the exception that is being handled.
void write_error(Writer& writer);

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
      DecodedRef<Function>, decltype(WireTraits<Argument>::decode(
                                std::declval<typename WireTraits<Argument>::Type&>()))...>>;

  /// The address of `run`, the function, and the arguments of each call.
  struct Chunk {
    Message message;
    Writer writer{message};
    std::size_t calls = 0;

    explicit Chunk(const Function& function) {
      begin_frame(message);
      writer(CodePointer<RunChunk>{&run}, WireTraits<Function>::encode(function));
    }
    void add(const Argument&... argument) {
      (writer(WireTraits<Argument>::encode(argument)), ...);
      ++calls;
    }
  };

  /// What a worker does with a chunk.
  static void run(Reader& reader, Message& message, Writer& writer, std::uint32_t calls) {
    typename WireTraits<Function>::Type function{};
    reader(function);
    for (; calls > 0; --calls) {
      std::tuple<typename WireTraits<Argument>::Type...> arguments;
      std::apply([&](auto&... argument) { (reader(argument), ...); }, arguments);
      attempt(message, writer, [&] {
        const auto call = [&](auto&... argument) -> decltype(auto) {
          return std::invoke(decoded_ref<Function>(function),
                             WireTraits<Argument>::decode(argument)...);
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
using ResultOf = typename Work<Function, Arguments>::Result;

template <class Spread, class Function, class Range>
using WorkOn =
    Work<Function, typename Spread::template Arguments<std::ranges::range_value_t<Range>>>;

/// The range itself, or what is in it, if only that tells how much it is.
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

/// Calls `submit(chunk)` for one chunk of calls after the other.
template <class Spread, class Function, class Range, class Submit>
void for_each_chunk(const Function& function, Range& range, std::size_t chunk_size,
                    const Submit& submit) {
  auto next = std::ranges::begin(range);
  while (next != std::ranges::end(range)) {
    typename WorkOn<Spread, Function, Range>::Chunk chunk{function};
    for (; chunk.calls < chunk_size && next != std::ranges::end(range); ++next) {
      const std::ranges::range_value_t<Range>& item = *next;
      Spread::add(chunk, item);
    }
    submit(chunk);
  }
}

}  // namespace mp::detail
