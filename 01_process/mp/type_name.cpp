#include <cxxabi.h>
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <mp/message.hpp>

namespace mp {

std::string readable_type_name(const std::string& mangled) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> demangled{
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free};
  if (status != 0) return mangled;
  std::string name = demangled.get();
  const auto remove = [&](std::string_view text) {
    for (std::size_t at; (at = name.find(text)) != name.npos;) name.erase(at, text.size());
  };
  remove("__cxx11::");  // an inline namespace of the standard library
  remove("(anonymous namespace)::");
  // Default template arguments, which programmers omit.
  for (const std::string type :
       {"allocator", "char_traits", "default_delete", "equal_to", "hash", "less"}) {
    const auto argument = ", std::" + type + "<";
    for (std::size_t begin; (begin = name.find(argument)) != name.npos;) {
      auto end = begin + argument.size();
      for (int open = 1; open > 0 && end < name.size(); ++end)
        open += name[end] == '<' ? 1 : name[end] == '>' ? -1 : 0;
      name.erase(begin, end - begin);
    }
  }
  for (std::size_t at; (at = name.find(" >")) != name.npos;) name.erase(at, 1);
  constexpr std::string_view string = "std::basic_string<char>";
  for (std::size_t at; (at = name.find(string)) != name.npos;)
    name.replace(at, string.size(), "std::string");
  return name;
}

namespace detail {

void check_type(Reader& reader, const std::string& expected) {
  std::string_view sent;
  try {
    cereal::size_type size{};
    reader(cereal::make_size_tag(size));
    sent = reader.take(size);
  } catch (const MessageError& error) {
    throw_damaged(expected, error.what());
  }
  if (sent == expected) return;
  // The name was received, so show it only if it looks like a name.
  const bool is_name =
      !sent.empty() && sent.size() < 1024 &&
      std::ranges::all_of(sent, [](unsigned char c) { return c >= ' ' && c <= '~'; });
  throw MessageError{"expected a message of type '" + expected + "', received " +
                     (is_name ? "'" + std::string{sent} + "'" : "one of unknown type")};
}

void throw_damaged(const std::string& type, const char* reason) {
  throw MessageError{"damaged message of type '" + type + "': " + reason};
}

}  // namespace detail
}  // namespace mp
