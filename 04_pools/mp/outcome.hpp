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

// How the outcomes of a chunk's calls are written by a worker, and read by the parent. Not for
// lessons.
//
// Each outcome is written with an archive of its own and says how long it is. So one that cannot be
// written leaves nothing to those behind it, and one that cannot be read takes none of them along.

namespace mp::detail {

/// Numbers need no archive.
template <class T>
inline constexpr bool is_number = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

/// What an outcome begins with. A number follows at once; anything else after its extent.
enum class OutcomeStatus : unsigned char { succeeded, failed, all_failed };

struct OutcomeExtent {
  std::uint64_t bytes = 0;
  std::uint64_t descriptors = 0;
};

/// Writes an outcome into a reply; takes back what was written of it when it is not finished.
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

/// Writes the exception that is being handled as the outcome of a call, or of all that follow.
void write_error(Message& reply, OutcomeStatus status);

template <class Result>
class OutcomeWriter {
 public:
  OutcomeWriter(Message& reply, std::uint32_t calls)
      : reply_{reply}, used_{reply.bytes.size()}, left_{calls} {
    make_room();
  }
  OutcomeWriter(const OutcomeWriter&) = delete;
  OutcomeWriter& operator=(const OutcomeWriter&) = delete;
  ~OutcomeWriter() {
    if (is_flat) reply_.bytes.resize(used_);
  }

  /// Makes a call, and writes what comes of it.
  template <class Call>
  void add(const Call& call) {
    try {
      if constexpr (is_flat) {
        auto* const to = reply_.bytes.data() + used_;
        if constexpr (std::is_void_v<Result>) {
          call();
        } else {
          const Result result = call();
          std::memcpy(to + 1, &result, sizeof result);
        }
        *to = static_cast<char>(OutcomeStatus::succeeded);
        used_ += flat_size();
      } else {
        const Result& result = call();
        OutcomeScope outcome{reply_, OutcomeStatus::succeeded};
        Writer{reply_}(result);
        outcome.finish();
      }
    } catch (...) {
      if (is_flat) reply_.bytes.resize(used_);
      write_error(reply_, OutcomeStatus::failed);
      used_ = reply_.bytes.size();
      --left_;
      return make_room();
    }
    --left_;
  }

 private:
  static constexpr bool is_flat = std::is_void_v<Result> || is_number<Result>;
  static constexpr std::size_t flat_size() {
    if constexpr (std::is_void_v<Result>)
      return 1;
    else
      return 1 + sizeof(Result);
  }
  void make_room() {
    if (is_flat) reply_.bytes.resize(used_ + left_ * flat_size());
  }

  Message& reply_;
  std::size_t used_;
  std::size_t left_;
};

/// Reads the outcomes of a reply, one after the other.
class OutcomeReader {
 public:
  explicit OutcomeReader(Reply reply) : reply_{std::move(reply)}, left_{reply_.calls} {}
  OutcomeReader(const OutcomeReader&) = delete;
  OutcomeReader& operator=(const OutcomeReader&) = delete;

  bool empty() const { return left_ == 0; }

  /// The next result. Throws what its call has thrown.
  template <class Result>
  Result next() {
    --left_;
    require_success();
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

 private:
  const char* take(std::size_t size) {
    if (reply_.message.bytes.size() - position_ < size) throw_damaged();
    return reply_.message.bytes.data() + std::exchange(position_, position_ + size);
  }
  void require_success() {
    if (reply_.error) std::rethrow_exception(reply_.error);
    const auto status = static_cast<OutcomeStatus>(*take(1));
    if (status != OutcomeStatus::succeeded) throw_error(status);
  }
  [[noreturn]] void throw_error(OutcomeStatus status);
  [[noreturn]] void throw_damaged();
  Message take_value();

  Reply reply_;
  std::uint32_t left_;
  std::size_t position_ = 0;
  std::size_t begin_ = 0;  // of the value, in what take_value returns
};

}  // namespace mp::detail
