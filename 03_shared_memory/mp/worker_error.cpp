#include <cxxabi.h>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <mp/message.hpp>
#include <mp/worker_error.hpp>

namespace mp {

RemoteError::RemoteError(std::string of_type, std::string with_text, std::string in_worker)
    : std::runtime_error{in_worker + ": " + of_type + (with_text.empty() ? "" : ": ") + with_text},
      type{std::move(of_type)},
      text{std::move(with_text)},
      worker{std::move(in_worker)} {}

namespace {

// Returns the type of the exception being handled, as written in the source.
std::string current_type() {
  auto type = readable_type_name(abi::__cxa_current_exception_type()->name());
  constexpr std::string_view nested{"std::_Nested_exception<"};  // by std::throw_with_nested
  if (type.starts_with(nested)) type = type.substr(nested.size(), type.size() - nested.size() - 1);
  return type;
}

// Returns the text of an exception and of those nested in it (std::nested_exception).
std::string text_with_causes(const std::exception& error) {
  std::string text = error.what() ? error.what() : "";
  try {
    std::rethrow_if_nested(error);
    return text;
  } catch (...) {
    const auto cause = RemoteError::current();
    return text + "; caused by " + cause.type + (cause.text.empty() ? "" : ": ") + cause.text;
  }
}

}  // namespace

RemoteError RemoteError::current() {
  if (!abi::__cxa_current_exception_type()) throw;  // pthread_exit, which ends the process
  const auto type = current_type();
  try {
    throw;
  } catch (const std::exception& error) {
    return {type, text_with_causes(error), this_process::name()};
  } catch (...) {
    return {type, "", this_process::name()};
  }
}

WorkerDied::WorkerDied(const std::string& worker, pid_t number, ExitStatus end)
    : std::runtime_error{worker + " (pid " + std::to_string(number) + ") died: " + to_string(end)},
      pid{number},
      status{end} {}

}  // namespace mp
