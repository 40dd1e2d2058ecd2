#include <algorithm>
#include <iterator>
#include <string>

#include <mp/outcome.hpp>
#include <mp/worker_error.hpp>

namespace mp::detail {

OutcomeScope::OutcomeScope(Message& reply, OutcomeStatus status)
    : reply_{reply}, bytes_{reply.bytes.size()}, descriptors_{reply.descriptors.size()} {
  reply_.bytes.push_back(static_cast<char>(status));
  reply_.bytes.append(sizeof(OutcomeExtent), '\0');
}

OutcomeScope::~OutcomeScope() {
  if (finished_) return;
  reply_.bytes.resize(bytes_);
  reply_.descriptors.resize(descriptors_);
}

void OutcomeScope::finish() {
  const OutcomeExtent extent{.bytes = reply_.bytes.size() - bytes_ - 1 - sizeof(OutcomeExtent),
                             .descriptors = reply_.descriptors.size() - descriptors_};
  std::memcpy(reply_.bytes.data() + bytes_ + 1, &extent, sizeof extent);
  finished_ = true;
}

void write_error(Message& reply, OutcomeStatus status) {
  const auto error = RemoteError::current();
  OutcomeScope outcome{reply, status};
  Writer{reply}(error.type, error.text);
  outcome.finish();
}

void OutcomeReader::throw_damaged() {
  try {
    throw MessageError{"a worker's reply ends too early"};
  } catch (...) {
    reply_.error = std::current_exception();  // the others cannot be read either
    throw;
  }
}

void OutcomeReader::require(OutcomeStatus expected) {
  const auto status = static_cast<OutcomeStatus>(*take(1));
  if (status == expected) return;
  if (status != OutcomeStatus::failed && status != OutcomeStatus::all_failed) throw_damaged();
  Message value = take_value();
  Reader reader{value};
  reader.take(begin_);
  std::string type, text;
  reader(type, text);
  const RemoteError error{type, text, reply_.worker};
  if (status == OutcomeStatus::all_failed) reply_.error = std::make_exception_ptr(error);
  throw error;
}

void OutcomeReader::begin_numbers() {
  require(OutcomeStatus::numbers);
  std::memcpy(&numbers_, take(sizeof numbers_), sizeof numbers_);
  if (numbers_ == 0 || numbers_ - 1 > left_) throw_damaged();
}

// Returns a message with the next value and its descriptors. A reply to one call is used unchanged.
Message OutcomeReader::take_value() {
  OutcomeExtent extent;
  std::memcpy(&extent, take(sizeof extent), sizeof extent);
  const auto* const bytes = take(extent.bytes);
  auto& descriptors = reply_.message.descriptors;
  if (reply_.calls == 1) {
    begin_ = position_ - extent.bytes;
    return std::move(reply_.message);
  }
  begin_ = 0;
  Message value{.bytes = std::string(bytes, extent.bytes), .descriptors = {}};
  // If this process had too few free descriptors, none arrived, and reading one of them reports
  // that.
  const auto count = std::min<std::size_t>(extent.descriptors, descriptors.size());
  const auto end = descriptors.begin() + static_cast<std::ptrdiff_t>(count);
  value.descriptors.assign(std::move_iterator{descriptors.begin()}, std::move_iterator{end});
  descriptors.erase(descriptors.begin(), end);
  return value;
}

}  // namespace mp::detail
