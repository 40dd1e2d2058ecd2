#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include <mp/watchdog/memory_map.hpp>
#include <mp/watchdog/proc_text.hpp>
#include <mp/watchdog/thread_library.hpp>

namespace mp::detail {
namespace {

// Libraries for parallel loops and linear algebra that keep a team of threads.
constexpr std::array<std::string_view, 9> libraries{"libgomp",     "libomp",   "libiomp5",
                                                    "libtbb",      "libmkl_",  "libblis",
                                                    "libopenblas", "libatlas", "libpthreadpool"};

// "libgomp" from "/usr/lib/x86_64-linux-gnu/libgomp.so.1.0.0".
std::string_view library_in(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  const bool known = std::ranges::any_of(
      libraries, [&](std::string_view library) { return name.starts_with(library); });
  return known ? name.substr(0, name.find('.')) : std::string_view{};
}

bool has_one_thread(const ProcessState& process) {
  return std::ranges::count_if(process.threads, [](const ThreadState& thread) {
           return thread.status != ThreadStatus::ended;
         }) == 1;
}

}  // namespace

std::string library_without_threads(const ProcessState& process, const ThreadState& thread) {
  if (!process.is_forked || !has_one_thread(process)) return {};
  const auto program = read_link(proc_path(process.pid, "exe")).value_or("");
  const auto code = code_mappings_of(thread.tid);
  // The return addresses on the stack show through which libraries the program came here, up to the
  // first address in the program itself.
  std::string found;
  const auto is_program = [&](std::uint64_t address) {
    for (const auto& [begin, end, path] : code) {
      if (address < begin || end <= address) continue;
      if (path == program) return true;
      if (const auto library = library_in(path); !library.empty()) found = library;
    }
    return false;
  };
  const auto& call = *thread.call;
  if (is_program(call.program_counter)) return {};
  std::array<std::uint64_t, 32> part{};
  constexpr int parts = 64;
  for (std::uint64_t i = 0; i < parts; ++i) {
    if (!read_memory(thread.tid, call.stack_pointer + i * sizeof part, part.data(), sizeof part))
      return found;
    if (std::ranges::any_of(part, is_program)) return found;
  }
  return found;
}

}  // namespace mp::detail
