#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

#include <harness/file_watch.hpp>

namespace harness {

FileWatch::FileWatch(std::filesystem::path file)
    : file_{std::move(file)}, changes_{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)} {
  if (changes_)
    ::inotify_add_watch(changes_.get(), file_.parent_path().c_str(), IN_CLOSE_WRITE | IN_MOVED_TO);
  seen_ = time();
}

std::filesystem::file_time_type FileWatch::time() const {
  std::error_code gone;
  const auto time = std::filesystem::last_write_time(file_, gone);
  return gone ? seen_ : time;
}

void FileWatch::wait() {
  constexpr int max_wait = 500;  // milliseconds; some file systems do not report remote changes
  while (time() == seen_) {
    pollfd state{changes_.get(), POLLIN, 0};
    ::poll(&state, 1, max_wait);
    alignas(inotify_event) char events[4096];
    while (changes_ && ::read(changes_.get(), events, sizeof events) > 0) {
    }
  }
  seen_ = time();
}

}  // namespace harness
