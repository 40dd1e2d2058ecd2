#pragma once

#include <csignal>

namespace mp::detail {

/// During its lifetime, exceeding the limit on file size is an error (EFBIG) in this thread, not a
/// fatal signal, as in a program that ignores SIGXFSZ. errno stays unchanged.
class FileSizeLimitIsAnError {
 public:
  FileSizeLimitIsAnError();
  FileSizeLimitIsAnError(const FileSizeLimitIsAnError&) = delete;
  FileSizeLimitIsAnError& operator=(const FileSizeLimitIsAnError&) = delete;
  ~FileSizeLimitIsAnError();

 private:
  sigset_t limit_, before_;
};

}  // namespace mp::detail
