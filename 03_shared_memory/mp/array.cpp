#include <cerrno>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <system_error>

#include <mp/array.hpp>

namespace mp::detail {

std::size_t array_bytes(std::size_t count, std::size_t element_size) {
  constexpr auto max_bytes = static_cast<std::size_t>(PTRDIFF_MAX);
  if (count > max_bytes / element_size)
    throw std::system_error(EFBIG, std::generic_category(),
                            "not enough shared memory for " + std::to_string(count) +
                                " elements of " + std::to_string(element_size) + " bytes");
  return count * element_size;
}

void throw_out_of_range(std::size_t index, std::size_t size) {
  throw std::out_of_range{"mp::Array: there is no element " + std::to_string(index) + " among " +
                          std::to_string(size)};
}

}  // namespace mp::detail
