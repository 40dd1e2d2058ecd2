#include <cerrno>
#include <ctime>

#include <mp/file_descriptor.hpp>
#include <mp/file_size_limit.hpp>

namespace mp::detail {

FileSizeLimitIsAnError::FileSizeLimitIsAnError() {
  ::sigemptyset(&limit_);
  ::sigaddset(&limit_, SIGXFSZ);
  ::pthread_sigmask(SIG_BLOCK, &limit_, &before_);
}

FileSizeLimitIsAnError::~FileSizeLimitIsAnError() {
  const int error = errno;
  const timespec at_once{};
  if (!::sigismember(&before_, SIGXFSZ))
    retry([&] { return ::sigtimedwait(&limit_, nullptr, &at_once); });
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  errno = error;
}

}  // namespace mp::detail
