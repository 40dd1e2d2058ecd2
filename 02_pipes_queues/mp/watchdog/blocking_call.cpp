#include <sys/syscall.h>
#include <type_traits>

#include <mp/watchdog/blocking_call.hpp>

// Newer architectures such as aarch64 have only the general form of some calls, and no poll,
// select, epoll_wait or pause.

namespace mp::detail {

BlockingCall decode(const SystemCall& call) {
  const auto& argument = call.arguments;
  const auto number = [&](std::size_t index) { return static_cast<int>(argument[index]); };
  const auto select = [&] {
    return SelectCall{number(0), {argument[1], argument[2], argument[3]}, argument[4] != 0};
  };
  switch (call.number) {
    case SYS_read:
    case SYS_readv:
    case SYS_recvfrom:
    case SYS_recvmsg:
      return Transfer{number(0), Direction::receive};
    case SYS_write:
    case SYS_writev:
    case SYS_sendto:
    case SYS_sendmsg:
      return Transfer{number(0), Direction::send};
#ifdef SYS_poll
    case SYS_poll:
      return PollCall{argument[0], argument[1], number(2) >= 0};
#endif
    case SYS_ppoll:
      return PollCall{argument[0], argument[1], argument[2] != 0};
#ifdef SYS_select
    case SYS_select:
#endif
    case SYS_pselect6:
      return select();
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait:
      return EpollCall{number(0), number(3) >= 0};
#ifdef SYS_epoll_pwait2
    case SYS_epoll_pwait2:
      return EpollCall{number(0), argument[3] != 0};
#endif
    case SYS_wait4:
      return number(0) > 0 ? ChildCall{P_PID, number(0)} : ChildCall{P_ALL, 0};
    case SYS_waitid:
      return ChildCall{static_cast<idtype_t>(number(0)), number(1)};
    case SYS_futex:
      return FutexCall{argument[0], number(1), static_cast<std::uint32_t>(argument[2]),
                       argument[3]};
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
      return SleepCall{};
#ifdef SYS_pause
    case SYS_pause:
#endif
    case SYS_rt_sigsuspend:
      return SignalCall{false};
    case SYS_rt_sigtimedwait:
      return SignalCall{argument[2] != 0};
    case SYS_accept:
    case SYS_accept4:
      return AcceptCall{};
    case SYS_flock:
    case SYS_fcntl:
      return FileLockCall{};
    case -1:
      return NoCall{};
    default:
      return UnknownCall{call.number};
  }
}

bool has_time_limit(const BlockingCall& call) {
  return std::visit(
      []<class Call>(const Call& one) {
        if constexpr (std::is_same_v<Call, FutexCall>)
          return one.timeout != 0;
        else if constexpr (requires { one.limited; })
          return one.limited;
        else
          return std::is_same_v<Call, SleepCall>;
      },
      call);
}

}  // namespace mp::detail
