#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <mp/message.hpp>
#include <mp/pool_engine.hpp>

// How a worker writes the outcomes of a chunk's calls, and how the parent reads them. Not for
// lessons.
//
// Each outcome is written with its own archive and states its length. So an outcome that cannot be
// written or read does not affect the ones after it.

namespace mp::detail {

/// Numbers need no archive.
template <class T>
inline constexpr bool is_number = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

/// The beginning of an outcome; its extent follows. Consecutive numbers are stored as their count
/// and the numbers, consecutive void outcomes as their count.
enum class OutcomeStatus : unsigned char { succeeded, numbers, failed, all_failed };

struct OutcomeExtent {
  std::uint64_t bytes = 0;
  std::uint64_t descriptors = 0;
};

/// Writes an outcome into a reply; removes it again if it is not finished.
class OutcomeScope {
 public:
  OutcomeScope(Message& reply, OutcomeStatus status);
  OutcomeScope(const OutcomeScope&) = delete;
  OutcomeScope& operator=(const OutcomeScope&) = delete;
  ~OutcomeScope();
  void finish();

 private:
  Message& reply_;
  std::size_t bytes_, descriptors_;
  bool finished_ = false;
};

/// Writes the exception being handled as the outcome of a call, or of all that follow.
void write_error(Message& reply, OutcomeStatus status);

template <class Result>
inline constexpr std::size_t number_size = sizeof(Result);
template <>
inline constexpr std::size_t number_size<void> = 0;

template <class Result>
class OutcomeWriter {
 public:
  OutcomeWriter(Message& reply, std::uint32_t calls) : reply_{reply}, left_{calls} { begin(); }
  OutcomeWriter(const OutcomeWriter&) = delete;
  OutcomeWriter& operator=(const OutcomeWriter&) = delete;
  ~OutcomeWriter() { end(); }

  /// Makes a call and writes its outcome.
  template <class Call>
  void add(const Call& call) {
    --left_;
    try {
      if constexpr (is_flat) {
        if constexpr (std::is_void_v<Result>) {
          call();
        } else {
          const Result result = call();
          std::memcpy(numbers_ + count_ * sizeof result, &result, sizeof result);
        }
        ++count_;
      } else {
        const Result& result = call();
        OutcomeScope outcome{reply_, OutcomeStatus::succeeded};
        Writer{reply_}(result);
        outcome.finish();
      }
    } catch (...) {
      end();
      write_error(reply_, OutcomeStatus::failed);
      begin();
    }
  }

 private:
  static constexpr bool is_flat = std::is_void_v<Result> || is_number<Result>;

  // Reserves memory for the numbers that may follow.
  void begin() {
    if (!is_flat) return;
    begin_ = reply_.bytes.size();
    count_ = 0;
    reply_.bytes.resize(begin_ + 1 + sizeof count_ + (left_ + 1) * number_size<Result>);
    numbers_ = reply_.bytes.data() + begin_ + 1 + sizeof count_;
  }
  void end() {
    if (!is_flat) return;
    if (count_ > 0) {
      reply_.bytes[begin_] = static_cast<char>(OutcomeStatus::numbers);
      std::memcpy(&reply_.bytes[begin_ + 1], &count_, sizeof count_);
    }
    reply_.bytes.resize(count_ == 0 ? begin_
                                    : begin_ + 1 + sizeof count_ + count_ * number_size<Result>);
  }

  Message& reply_;
  std::size_t begin_ = 0;
  char* numbers_ = nullptr;
  std::uint32_t count_ = 0, left_;
};

/// Reads the outcomes of a reply, one after the other.
class OutcomeReader {
 public:
  explicit OutcomeReader(Reply reply) : reply_{std::move(reply)}, left_{reply_.calls} {}
  OutcomeReader(const OutcomeReader&) = delete;
  OutcomeReader& operator=(const OutcomeReader&) = delete;

  bool empty() const { return left_ == 0; }

  /// Returns the next result. Throws the error of its call.
  template <class Result>
  Result next() {
    --left_;
    if (reply_.error) std::rethrow_exception(reply_.error);
    if constexpr (std::is_void_v<Result> || is_number<Result>) {
      if (numbers_ == 0) begin_numbers();
      --numbers_;
    } else {
      require(OutcomeStatus::succeeded);
    }
    if constexpr (is_number<Result>) {
      Result result{};
      std::memcpy(&result, take(sizeof result), sizeof result);
      return result;
    } else if constexpr (!std::is_void_v<Result>) {
      Message value = take_value();
      Reader reader{value};
      reader.take(begin_);
      Result result{};
      reader(result);
      return result;
    }
  }

  /// Reads the next results, which are numbers, up to the first error, and returns how many. There
  /// is at least one; throws what `next` throws.
  template <class Result>
  std::size_t next(Result* results) {
    *results = next<Result>();
    const std::size_t more = std::exchange(numbers_, 0);
    left_ -= static_cast<std::uint32_t>(more);
    std::memcpy(results + 1, take(more * sizeof(Result)), more * sizeof(Result));
    return 1 + more;
  }

 private:
  const char* take(std::size_t size) {
    if (reply_.message.bytes.size() - position_ < size) throw_damaged();
    return reply_.message.bytes.data() + std::exchange(position_, position_ + size);
  }
  void begin_numbers();
  void require(OutcomeStatus expected);
  [[noreturn]] void throw_damaged();
  Message take_value();

  Reply reply_;
  std::uint32_t left_;
  std::uint32_t numbers_ = 0;  // how many come next
  std::size_t position_ = 0;
  std::size_t begin_ = 0;  // of the value, in the message that take_value returns
};

}  // namespace mp::detail
