#include <algorithm>

#include <harness/ending_hint.hpp>

namespace harness {
namespace {

// Whether the C library has found its records between the blocks of the heap overwritten.
bool is_heap_damaged(const std::string& errors) {
  constexpr std::array words{
      "free(): ", "malloc(): ", "realloc(): ", "munmap_chunk(): ", "corrupted ", "corruption"};
  return std::ranges::any_of(
      words, [&](const char* word) { return errors.find(word) != std::string::npos; });
}

}  // namespace

std::string crash_cause(int signal, const std::string& errors) {
  if (signal == SIGFPE) return " Does it divide an integer by 0?";
  if (signal == SIGSEGV || (signal == SIGABRT && is_heap_damaged(errors)))
    return " Does it read or write beyond the end of an array?";
  return {};
}

std::string ending_hint(const mp::ExitStatus& ending, bool main_process_worked,
                        const std::string& errors) {
  if (!ending.signal)
    return "Calling exit() in the main process ends the whole program; return a result instead.\n";
  if (std::ranges::count(crash_signals, *ending.signal) > 0)
    return "The main process crashed." + crash_cause(*ending.signal, errors) + "\n";
  return std::string{"The main process was killed."} +
         (main_process_worked ? " It calls a given function itself, which may end its process; let "
                                "child processes call it."
                              : "") +
         "\n";
}

}  // namespace harness
