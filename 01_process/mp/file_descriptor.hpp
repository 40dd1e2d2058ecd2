#pragma once

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>
#include <utility>

namespace mp {

/// Returns the result of a system call; if it is -1, throws std::system_error, which names the
/// call.
template <class Result>
Result check(Result result, const char* call) {
  if (result == Result{-1}) throw std::system_error(errno, std::generic_category(), call);
  return result;
}

/// Repeats a system call while signals interrupt it (EINTR).
template <class SystemCall>
auto retry(SystemCall system_call) {
  auto result = system_call();
  while (result == decltype(result){-1} && errno == EINTR) result = system_call();
  return result;
}

/// Owns a file descriptor and closes it; move-only, as std::unique_ptr owns memory.
class FileDescriptor {
 public:
  FileDescriptor() noexcept = default;
  explicit FileDescriptor(int number) noexcept : number_{number} {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    const FileDescriptor old{std::exchange(number_, std::exchange(other.number_, -1))};
    return *this;
  }
  ~FileDescriptor() { close(); }

  int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ != -1; }

  void close() noexcept {
    if (number_ != -1) ::close(std::exchange(number_, -1));
  }

  /// Returns a second descriptor for the same open file, closed on exec. Throws std::system_error.
  FileDescriptor duplicate() const {
    return FileDescriptor{check(::fcntl(number_, F_DUPFD_CLOEXEC, 0), "fcntl(F_DUPFD_CLOEXEC)")};
  }

 private:
  int number_ = -1;
};

}  // namespace mp
