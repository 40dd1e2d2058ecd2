#pragma once

#include <link.h>
#include <string>

namespace course {

/// The dynamic loader of this program, which can start another (LOADER PROGRAM).
inline std::string loader() {
  std::string path;
  ::dl_iterate_phdr(
      [](dl_phdr_info* program, std::size_t, void* result) {
        for (int i = 0; i < program->dlpi_phnum; ++i) {
          const auto& segment = program->dlpi_phdr[i];
          if (segment.p_type == PT_INTERP)
            *static_cast<std::string*>(result) =
                reinterpret_cast<const char*>(program->dlpi_addr + segment.p_vaddr);
        }
        return 1;  // the program itself comes first
      },
      &path);
  return path;
}

}  // namespace course
