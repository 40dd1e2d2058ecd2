#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/process/v2.hpp>
#include <boost/process/v2/posix/vfork_launcher.hpp>
#include <cerrno>
#include <filesystem>
#include <mp/start.hpp>
#include <string>

// Starting a fresh image of this program, through Boost.Process. The vfork launcher does not copy
// the parent's page tables, so its cost does not grow with the parent's memory.

namespace mp::detail {
namespace {

namespace process = boost::process::v2;

// Replaces the arguments, so that the child's own path stands where a program's name stands, and
// hands over one descriptor. Between vfork and exec the child runs in the parent's memory: it makes
// system calls there, and nothing else.
class HandOver {
 public:
  HandOver(int descriptor, const char* const* arguments)
      : descriptor_{descriptor}, arguments_{arguments} {}

  template <class Launcher>
  process::error_code on_setup(Launcher& launcher, const process::filesystem::path&,
                               const char* const*(&command_line)) {
    launcher.fd_whitelist.push_back(descriptor_);
    command_line = arguments_;
    return {};
  }

  template <class Launcher>
  process::error_code on_exec_setup(Launcher&, const process::filesystem::path&,
                                    const char* const*(&)) {
    // Old launchers leave descriptors open that were not handed over.
    constexpr unsigned first = STDERR_FILENO + 1;
    if (::close_range(first, ~0U, CLOSE_RANGE_CLOEXEC) == -1) {
      const int limit = static_cast<int>(::sysconf(_SC_OPEN_MAX));
      for (int number = first; number < limit; ++number) ::fcntl(number, F_SETFD, FD_CLOEXEC);
    }
    if (::fcntl(descriptor_, F_SETFD, 0) == -1) return {errno, boost::system::system_category()};
    return {};
  }

  template <class Launcher>
  void on_exec_error(Launcher&, const process::filesystem::path&, const char* const*(&),
                     const process::error_code&) {
    ::_exit(127);  // the launcher would run the parent's exit handlers
  }

 private:
  int descriptor_;
  const char* const* arguments_;
};

}  // namespace

pid_t spawn_process(const FileDescriptor& socket, const std::string& name) {
  // The program itself, even if its file has been replaced or deleted since it was started.
  const char* const image = "/proc/self/exe";
  const auto program = std::filesystem::read_symlink(image).string();
  const auto flag = "--mp-child=" + std::to_string(socket.get());
  const std::array arguments{program.c_str(), flag.c_str(), name.c_str(), (const char*)nullptr};

  boost::asio::io_context context;
  process::error_code error;
  auto child = process::posix::vfork_launcher{}(context.get_executor(), error, image,
                                                std::array<std::string, 0>{},
                                                HandOver{socket.get(), arguments.data()});
  if (error) throw std::system_error(error.value(), std::generic_category(), "vfork or execve");
  const auto pid = child.id();
  child.detach();
  return pid;
}

}  // namespace mp::detail
