#include <dlfcn.h>
#include <link.h>
#include <string>

#include <mp/task.hpp>

namespace mp::detail {
namespace {

struct Image {
  std::uintptr_t base = 0;  // where the program is loaded
  std::uintptr_t code_begin = 0, code_end = 0;
};

// The first object that the dynamic linker names is the program itself.
const Image& program_image() {
  static const Image image = [] {
    Image found;
    ::dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t, void* result) {
          auto& program = *static_cast<Image*>(result);
          program.base = object->dlpi_addr;
          for (int i = 0; i < object->dlpi_phnum; ++i) {
            const auto& segment = object->dlpi_phdr[i];
            if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X)) continue;
            program.code_begin = object->dlpi_addr + segment.p_vaddr;
            program.code_end = program.code_begin + segment.p_memsz;
          }
          return 1;  // look no further
        },
        &found);
    return found;
  }();
  return image;
}

bool in_program(std::uintptr_t address) {
  return address >= program_image().code_begin && address < program_image().code_end;
}

}  // namespace

std::uint64_t code_offset(const void* address) {
  const auto number = reinterpret_cast<std::uintptr_t>(address);
  if (!in_program(number)) {
    Dl_info found{};
    const bool named = ::dladdr(address, &found) != 0 && found.dli_sname;
    throw CannotTravel{std::string{"cannot send "} +
                       (!address ? "a null function pointer"
                        : named  ? std::string{"function '"} + found.dli_sname + "'"
                                 : "a function") +
                       " to another process: only functions of the program itself, not of shared "
                       "libraries, are found again there"};
  }
  return number - program_image().base;
}

const void* code_address(std::uint64_t offset) {
  const auto number = program_image().base + offset;
  if (!in_program(number)) throw MessageError{"damaged message: no function at this offset"};
  return reinterpret_cast<const void*>(number);
}

void throw_cannot_travel(const std::string& type, bool is_function, bool is_address) {
  const auto reason =
      is_address ? "an address means nothing in another process; send the value itself"
      : is_function
          ? "it holds more than a function, such as captured variables; use a function, or a "
            "lambda without captures, and send the values as arguments"
          : "it, or something in it, has no serializer; give it a cereal serialize function and a "
            "default constructor, or use start method fork";
  throw CannotTravel{"cannot send '" + type + "' to another process: " + reason};
}

}  // namespace mp::detail
