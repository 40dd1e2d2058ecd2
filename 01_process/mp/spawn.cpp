#include <spawn.h>
#include <unistd.h>
#include <array>
#include <filesystem>
#include <string>
#include <system_error>

#include <mp/program_file.hpp>
#include <mp/start.hpp>

// Starts this program again. Unlike fork, posix_spawn does not copy the parent's page tables, so
// its cost does not grow with the parent's memory.

namespace mp::detail {
namespace {

void require_success(int error, const char* call) {
  if (error != 0) throw std::system_error(error, std::generic_category(), call);
}

// What the child does with its descriptors before the program is loaded.
struct FileActions {
  posix_spawn_file_actions_t actions;
  FileActions() {
    require_success(::posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init");
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions); }
};

}  // namespace

pid_t spawn_process(const FileDescriptor& socket, const std::string& name) {
  // The child inherits only the socket and the standard streams.
  FileActions files;
  require_success(::posix_spawn_file_actions_adddup2(&files.actions, socket.get(), child_socket),
                  "posix_spawn_file_actions_adddup2");
  require_success(::posix_spawn_file_actions_addclosefrom_np(&files.actions, child_socket + 1),
                  "posix_spawn_file_actions_addclosefrom_np");

  // The program itself, even if its file has been replaced or deleted since it was started.
  const auto image = program_file();
  std::string program =
      std::filesystem::is_symlink(image) ? std::filesystem::read_symlink(image).native() : image;
  std::string flag{child_flag}, shown_name{name};
  const std::array arguments{program.data(), flag.data(), shown_name.data(),
                             static_cast<char*>(nullptr)};
  pid_t pid = 0;
  require_success(
      ::posix_spawn(&pid, image.c_str(), &files.actions, nullptr, arguments.data(), ::environ),
      "posix_spawn");
  return pid;
}

}  // namespace mp::detail
