#pragma once

#include <array>
#include <csignal>
#include <string>

#include <mp/process.hpp>

namespace harness {

/// The signals of a program error.
inline constexpr std::array crash_signals{SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

/// Returns the typical cause of such a signal as a question after a space; empty if there is none.
/// `errors` is what the program wrote to standard error.
std::string crash_cause(int signal, const std::string& errors);

/// Returns a line about how the main process ended. `main_process_worked` is whether it has called
/// a given function itself.
std::string ending_hint(const mp::ExitStatus& ending, bool main_process_worked,
                        const std::string& errors);

}  // namespace harness
