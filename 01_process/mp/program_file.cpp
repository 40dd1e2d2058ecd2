#include <link.h>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <mp/hash.hpp>
#include <mp/program_file.hpp>

namespace mp::detail {
namespace {

// Returns an address in the program's own code. The first object that the dynamic linker lists is
// the program, and its executable segments are mapped from its file.
std::uintptr_t address_in_program() {
  std::uintptr_t found = 0;
  ::dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t, void* result) {
        for (int i = 0; i < object->dlpi_phnum; ++i) {
          const auto& segment = object->dlpi_phdr[i];
          if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X))
            *static_cast<std::uintptr_t*>(result) = object->dlpi_addr + segment.p_vaddr;
        }
        return 1;  // look no further
      },
      &found);
  return found;
}

// Returns the kernel's name for the file mapped there, with " (deleted)" when that name is gone.
std::string file_mapped_at(std::uintptr_t address) {
  std::ifstream maps{"/proc/self/maps"};
  if (!maps) throw std::system_error(errno, std::generic_category(), "open(/proc/self/maps)");
  for (std::string line; std::getline(maps, line);) {
    // BEGIN-END rwxp OFFSET DEVICE INODE       FILE
    std::istringstream fields{line};
    std::uintptr_t begin = 0, end = 0;
    char dash = 0;
    std::string skipped, file;
    fields >> std::hex >> begin >> dash >> end;
    if (address < begin || address >= end) continue;
    for (int i = 0; i < 4; ++i) fields >> skipped;
    std::getline(fields >> std::ws, file);
    return file;
  }
  throw std::runtime_error{"/proc/self/maps does not say where the program comes from"};
}

}  // namespace

std::string program_file() {
  static const std::string executed = "/proc/self/exe";
  const auto mapped = [] { return file_mapped_at(address_in_program()); };
  static const bool is_executed = [&] {
    const auto file = mapped();
    const auto name = std::filesystem::read_symlink(executed).native();
    // Code that was moved to other pages has no file. Otherwise the kernel writes a newline.
    return file == name || file.empty() || name.find('\n') != std::string::npos;
  }();
  return is_executed ? executed : mapped();
}

std::uint64_t program_hash() {
  static const std::uint64_t found = [] {
    const auto path = program_file();
    std::ifstream file{path, std::ios::binary};
    if (!file) throw std::system_error(errno, std::generic_category(), "open(" + path + ")");
    std::string bytes(std::filesystem::file_size(path), '\0');
    if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
      throw std::runtime_error{path + " cannot be read to its end"};
    return hash(bytes);
  }();
  return found;
}

}  // namespace mp::detail
