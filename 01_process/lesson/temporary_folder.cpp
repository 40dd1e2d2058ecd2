#include <unistd.h>
#include <csignal>
#include <string>

#include <lesson/temporary_folder.hpp>
#include <mp/file_descriptor.hpp>

namespace lesson {
namespace {

std::string name;
struct sigaction before {};  // the earlier handler of Ctrl-C

// On Ctrl-C this program is replaced by a shell. So its workers end and write no more, and the
// shell removes the folder and then dies of the same signal.
void remove_and_end(int) {
  ::execl("/bin/sh", "sh", "-c", "rm -rf \"$0\"; kill -INT $$", name.c_str(), nullptr);
  ::_exit(1);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  name = std::filesystem::temp_directory_path() / "lesson-XXXXXX";
  struct sigaction action {};
  action.sa_handler = remove_and_end;
  action.sa_flags = SA_NODEFER;  // the shell would inherit a blocked signal
  mp::check(::sigaction(SIGINT, nullptr, &before), "sigaction");
  if (before.sa_handler != SIG_IGN) mp::check(::sigaction(SIGINT, &action, nullptr), "sigaction");
  mp::check(::mkdtemp(name.data()) ? 0 : -1, "mkdtemp");
}

TemporaryFolder::~TemporaryFolder() {
  std::filesystem::remove_all(name);
  ::sigaction(SIGINT, &before, nullptr);
}

std::filesystem::path TemporaryFolder::path() const { return name; }

}  // namespace lesson
