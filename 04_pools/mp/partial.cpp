#include <cstdint>
#include <cstring>

#include <mp/partial.hpp>

namespace mp::detail {
namespace {

// A pointer to a member function, by the Itanium C++ ABI: the address of its code or, for a virtual
// one, its offset in the virtual table. A bit that no address has set tells which.
struct MemberFunction {
  std::uintptr_t code;
  std::ptrdiff_t adjustment;

  bool is_virtual() const {
#if defined(__arm__) || defined(__aarch64__)
    return (adjustment & 1) != 0;
#else
    return (code & 1) != 0;
#endif
  }
};

}  // namespace

void save_member_function(Writer& writer, const void* pointer) {
  MemberFunction member;
  std::memcpy(&member, pointer, sizeof member);
  const bool is_code = !member.is_virtual();
  const auto location = is_code ? code_location(reinterpret_cast<const void*>(member.code))
                                : CodeLocation{0, member.code};
  writer(is_code, location, static_cast<std::int64_t>(member.adjustment));
}

void load_member_function(Reader& reader, void* pointer) {
  bool is_code{};
  CodeLocation location;
  std::int64_t adjustment{};
  reader(is_code, location, adjustment);
  const MemberFunction member{
      is_code ? reinterpret_cast<std::uintptr_t>(code_address(location)) : location.offset,
      static_cast<std::ptrdiff_t>(adjustment)};
  std::memcpy(pointer, &member, sizeof member);
}

}  // namespace mp::detail
