#pragma once

#include <csignal>

namespace mp::detail {

/// While it is there, passing the limit on the size of files is an error (EFBIG), as POSIX has it
/// for a program that ignores SIGXFSZ, and does not kill. For this thread; errno stays as it is.
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
