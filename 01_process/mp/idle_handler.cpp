#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

#include <mp/file_descriptor.hpp>
#include <mp/idle_handler.hpp>

namespace mp::detail {
namespace {

// A private mapping, so a child's changes do not affect its parent. Null when memory is exhausted.
std::uint64_t* map_word() {
  constexpr auto name = idle_handlers.substr(idle_handlers.find(':') + 1);
  const FileDescriptor file{::memfd_create(name.data(), MFD_CLOEXEC)};
  constexpr std::size_t size = sizeof(std::uint64_t);
  if (!file || retry([&] { return ::ftruncate(file.get(), size); }) == -1) return nullptr;
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.get(), 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::uint64_t*>(memory);
}

}  // namespace

void install_idle_handler(int signal) {
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};
  nothing.sa_flags = SA_RESTART;
  check(::sigaction(signal, &nothing, nullptr), "sigaction");
  static std::uint64_t* const word = map_word();
  if (word) *word |= std::uint64_t{1} << (signal - 1);
}

}  // namespace mp::detail
