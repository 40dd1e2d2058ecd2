#include <cxxabi.h>
#include <exception>
#include <utility>

#include <mp/message.hpp>
#include <mp/worker_error.hpp>

namespace mp {

RemoteError::RemoteError(std::string of_type, std::string with_text, std::string in_worker)
    : std::runtime_error{in_worker + ": " + of_type + (with_text.empty() ? "" : ": ") + with_text},
      type{std::move(of_type)},
      text{std::move(with_text)},
      worker{std::move(in_worker)} {}

RemoteError RemoteError::current() {
  const auto type = readable_type_name(abi::__cxa_current_exception_type()->name());
  try {
    throw;
  } catch (const std::exception& error) {
    return {type, error.what(), this_process::name()};
  } catch (...) {
    return {type, "", this_process::name()};
  }
}

WorkerDied::WorkerDied(const std::string& worker, pid_t number, ExitStatus end)
    : std::runtime_error{worker + " (pid " + std::to_string(number) + ") died: " + to_string(end)},
      pid{number},
      status{end} {}

}  // namespace mp
