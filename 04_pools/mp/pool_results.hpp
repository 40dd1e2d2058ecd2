#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <mp/message.hpp>
#include <mp/pool_core.hpp>

// How what workers answer becomes results, or exceptions. Not for lessons.

namespace mp::detail {

/// Throws the exception that has travelled as bytes.
[[noreturn]] void throw_error(Reader& reader, const std::string& worker);

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

/// The result of the one call of a batch.
template <class Result>
Result take_one(Batch& batch, std::size_t, std::size_t) {
  return Outcomes<Result>{*batch.next()}.next();
}

/// The results of all calls of a batch.
template <class Result>
auto take_all(Batch& batch, std::size_t items, std::size_t chunk_size) {
  Collector<Result> collector{items, chunk_size};
  while (auto answer = batch.next()) collector.take(*std::move(answer));
  return collector.finish();
}

}  // namespace mp::detail
