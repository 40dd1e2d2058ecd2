#pragma once

#include <cstdint>
#include <string_view>

namespace mp::detail {

/// Installs a handler that does nothing, so that a signal neither ends this process nor interrupts
/// a call. Unlike an ignored signal, it has its usual effect on programs that this process starts.
///
/// To mp::examine, a handler means that a signal may wake the process. So this also records that
/// this one never does, in a word of memory that has a name in /proc and that forked children
/// inherit with the handler.
void install_idle_handler(int signal);

/// The name of that memory. It begins with a 64-bit word: bit n-1 stands for signal n.
inline constexpr std::string_view idle_handlers = "/memfd:mp-idle-handlers";

}  // namespace mp::detail
