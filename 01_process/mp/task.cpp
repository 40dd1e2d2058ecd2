#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include <mp/task.hpp>

namespace mp::detail {
namespace {

using namespace std::string_view_literals;

// Calls `function` with each loaded object (the program, which comes first, and shared libraries)
// until it returns true.
template <class Function>
void find_object(const Function& function) {
  ::dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t, void* context) {
        return (*static_cast<const Function*>(context))(*object) ? 1 : 0;
      },
      const_cast<Function*>(&function));
}

template <class Predicate>
bool any_segment(const dl_phdr_info& object, const Predicate& predicate) {
  return std::any_of(object.dlpi_phdr, object.dlpi_phdr + object.dlpi_phnum, predicate);
}

bool has_code_at(const dl_phdr_info& object, std::uintptr_t address) {
  return any_segment(object, [&](const ElfW(Phdr) & segment) {
    const auto begin = object.dlpi_addr + segment.p_vaddr;
    return segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0 && address >= begin &&
           address - begin < segment.p_memsz;
  });
}

// Returns a hash (FNV-1a) of the build id, which the linker derives from its input; 0 if there is
// none.
std::uint64_t library_id(const dl_phdr_info& object) {
  std::uint64_t id = 0;
  any_segment(object, [&](const ElfW(Phdr) & segment) {
    if (segment.p_type != PT_NOTE) return false;
    const auto* const notes = reinterpret_cast<const char*>(object.dlpi_addr + segment.p_vaddr);
    const auto padded = [](std::size_t size) { return (size + 3) / 4 * 4; };
    ElfW(Nhdr) note;
    for (std::size_t at = 0; at + sizeof note <= segment.p_memsz;
         at += sizeof note + padded(note.n_namesz) + padded(note.n_descsz)) {
      std::memcpy(&note, notes + at, sizeof note);
      const auto* const name = notes + at + sizeof note;
      if (note.n_type != NT_GNU_BUILD_ID || std::string_view{name, note.n_namesz} != "GNU\0"sv)
        continue;
      id = 0xcbf2'9ce4'8422'2325;
      for (const char byte : std::string_view{name + padded(note.n_namesz), note.n_descsz})
        id = (id ^ static_cast<unsigned char>(byte)) * 0x100'0000'01b3;
      return true;
    }
    return false;
  });
  return id;
}

const dl_phdr_info& program() {
  static const dl_phdr_info info = [] {
    dl_phdr_info found{};
    find_object([&](const dl_phdr_info& object) {
      found = object;
      return true;
    });
    return found;
  }();
  return info;
}

[[noreturn]] void refuse(const void* address, const char* reason) {
  Dl_info found{};
  const bool named = ::dladdr(address, &found) != 0 && found.dli_sname;
  throw CannotTravel{std::string{"cannot send "} +
                     (!address ? "a null function pointer"
                      : named  ? std::string{"function '"} + found.dli_sname + "'"
                               : "a function") +
                     " to another process: " + reason};
}

}  // namespace

CodeLocation code_location(const void* address) {
  const auto number = reinterpret_cast<std::uintptr_t>(address);
  if (has_code_at(program(), number)) return {0, number - program().dlpi_addr};
  CodeLocation location;
  bool found = false;
  find_object([&](const dl_phdr_info& object) {
    found = has_code_at(object, number);
    if (found) location = {library_id(object), number - object.dlpi_addr};
    return found;
  });
  if (!found) refuse(address, "there is no code at this address");
  if (location.object == 0)
    refuse(address,
           "it is in a shared library without a build id; link that with -Wl,--build-id, or use "
           "start method fork");
  return location;
}

const void* code_address(const CodeLocation& location) {
  dl_phdr_info found = program();
  if (location.object != 0) {
    bool is_loaded = false;
    find_object([&](const dl_phdr_info& object) {
      is_loaded = library_id(object) == location.object;
      if (is_loaded) found = object;
      return is_loaded;
    });
    if (!is_loaded)
      throw MessageError{
          "the function is in a shared library that this process has not loaded, or has loaded "
          "from a different build; link the program to it, or use start method fork"};
  }
  const auto number = found.dlpi_addr + location.offset;
  if (!has_code_at(found, number))
    throw MessageError{"damaged message: no function at this offset"};
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
