#include <pthread.h>
#include <csignal>

#include <mp/start.hpp>

namespace mp::detail {
namespace {

void for_each_signal(auto f) {
  for (int signal = 1; signal < NSIG; ++signal) f(signal, std::uint64_t{1} << (signal - 1));
}

}  // namespace

SignalState SignalState::current() {
  SignalState state;
  sigset_t blocked;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  for_each_signal([&](int signal, std::uint64_t bit) {
    struct sigaction action {};
    if (::sigismember(&blocked, signal) == 1) state.blocked |= bit;
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
      state.ignored |= bit;
  });
  return state;
}

void SignalState::apply() const {
  sigset_t set;
  ::sigemptyset(&set);
  for_each_signal([&](int signal, std::uint64_t bit) {
    if ((blocked & bit) != 0) ::sigaddset(&set, signal);
    std::signal(signal, (ignored & bit) != 0 ? SIG_IGN : SIG_DFL);  // where that is allowed
  });
  ::pthread_sigmask(SIG_SETMASK, &set, nullptr);
}

}  // namespace mp::detail
