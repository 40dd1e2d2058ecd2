#include "tracer.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <fstream>
#include <map>
#include <utility>

#include <mp/file_descriptor.hpp>

namespace course {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// No descriptor has these numbers.
constexpr int program_mark = -4241, begin_mark = -4242, end_mark = -4243;

/// A traced process or thread.
struct Task {
  int number = 0;
  int calls = 0;
  bool is_loading = false;       // between exec and main
  bool is_inside = false;        // between the two stops of a system call
  std::optional<Fault> fault{};  // of this call
  std::uint64_t saved_size = 0;  // restored after a short call
  std::uint64_t saved_parts = 0;
};

class Tracer {
 public:
  Tracer(const Choose& choose, std::chrono::seconds limit)
      : choose_{choose}, limit_{limit}, deadline_{Clock::now() + limit} {}

  Traced run(const std::vector<std::string>& command);

 private:
  void start(const std::vector<std::string>& command);
  void handle_stop(pid_t pid, int status);
  void handle_call(pid_t pid);
  void enter(pid_t pid, Task& task, const __ptrace_syscall_info& info);
  void leave(pid_t pid, Task& task);
  void handle_end(pid_t pid, int status);
  void kill_all(const char* reason);
  Task& task(pid_t pid) {
    return tasks_.try_emplace(pid, Task{.number = static_cast<int>(tasks_begun_)}).second
               ? (++tasks_begun_, tasks_[pid])
               : tasks_[pid];
  }

  const Choose& choose_;
  std::chrono::seconds limit_;
  Clock::time_point deadline_;
  pid_t main_ = 0;
  mp::FileDescriptor output_;
  std::map<pid_t, Task> tasks_;
  std::size_t tasks_begun_ = 0;
  bool is_active_ = false;
  Traced result_;
};

void make(long result, const char* what) { mp::check(result == -1 ? -1 : 0, what); }

user_regs_struct registers(pid_t pid) {
  user_regs_struct registers{};
  iovec place{&registers, sizeof registers};
  make(::ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &place), "PTRACE_GETREGSET");
  return registers;
}
void set_registers(pid_t pid, user_regs_struct& registers) {
  iovec place{&registers, sizeof registers};
  make(::ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &place), "PTRACE_SETREGSET");
}

template <class T>
T peek(pid_t pid, std::uint64_t address) {
  T value{};
  const iovec here{&value, sizeof value}, there{reinterpret_cast<void*>(address), sizeof value};
  mp::check(::process_vm_readv(pid, &here, 1, &there, 1, 0), "process_vm_readv");
  return value;
}
template <class T>
void poke(pid_t pid, std::uint64_t address, T value) {
  const iovec here{&value, sizeof value}, there{reinterpret_cast<void*>(address), sizeof value};
  mp::check(::process_vm_writev(pid, &here, 1, &there, 1, 0), "process_vm_writev");
}

// Where the size of a message's first part is, and the number of its parts. Setting both to 1 cuts
// the message to one byte.
struct Cut {
  std::uint64_t size_at = 0, parts_at = 0;
};
Cut message_cut(pid_t pid, std::uint64_t address) {
  const auto message = peek<msghdr>(pid, address);
  if (message.msg_iovlen == 0) return {};
  const auto part = reinterpret_cast<std::uint64_t>(message.msg_iov);
  if (peek<iovec>(pid, part).iov_len < 2) return {};
  return {part + offsetof(iovec, iov_len), address + offsetof(msghdr, msg_iovlen)};
}

bool has_message(std::uint64_t number) { return number == SYS_sendmsg || number == SYS_recvmsg; }

void Tracer::start(const std::vector<std::string>& command) {
  output_ = mp::FileDescriptor{mp::check(::memfd_create("output", MFD_CLOEXEC), "memfd_create")};
  int ends[2];
  mp::check(::pipe2(ends, O_CLOEXEC), "pipe2");
  mp::FileDescriptor read_end{ends[0]}, write_end{ends[1]};
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  main_ = mp::check(::fork(), "fork");
  if (main_ == 0) {
    write_end.close();
    char byte;
    if (::read(read_end.get(), &byte, 1) != 1) ::_exit(127);  // waits until it is traced
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, 0);
    ::dup2(output_.get(), 1);
    ::dup2(output_.get(), 2);
    ::close_range(3, ~0U, 0);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  constexpr long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                           PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  make(::ptrace(PTRACE_SEIZE, main_, nullptr, options), "PTRACE_SEIZE");
  make(::ptrace(PTRACE_INTERRUPT, main_, nullptr, nullptr), "PTRACE_INTERRUPT");
  mp::check(::write(write_end.get(), "x", 1), "write");
}

Traced Tracer::run(const std::vector<std::string>& command) {
  // To find what its processes leave behind; and a timer ends a wait that is too long.
  mp::check(::prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl");
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(SIGALRM, &action, nullptr);
  const itimerval often{{0, 100'000}, {0, 100'000}}, never{};
  ::setitimer(ITIMER_REAL, &often, nullptr);
  start(command);
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, __WALL);
    if (pid == -1 && errno == ECHILD) break;
    if (pid != -1) WIFSTOPPED(status) ? handle_stop(pid, status) : handle_end(pid, status);
    if (Clock::now() > deadline_) kill_all(result_.status ? "left over" : "hangs");
  }
  ::setitimer(ITIMER_REAL, &never, nullptr);
  char buffer[4096];
  ::lseek(output_.get(), 0, SEEK_SET);
  for (ssize_t got; (got = ::read(output_.get(), buffer, sizeof buffer)) > 0;)
    result_.output.append(buffer, static_cast<std::size_t>(got));
  return std::move(result_);
}

// Any of these calls may fail because the task was killed meanwhile. Its end is reported next.
void Tracer::handle_stop(pid_t pid, int status) try {
  const int signal = WSTOPSIG(status), event = status >> 16;
  task(pid);
  if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
    unsigned long child = 0;
    make(::ptrace(PTRACE_GETEVENTMSG, pid, nullptr, &child), "PTRACE_GETEVENTMSG");
    task(static_cast<pid_t>(child));
  }
  if (event == PTRACE_EVENT_EXEC) task(pid).is_loading = true;
  if (event == PTRACE_EVENT_STOP && (signal == SIGSTOP || signal == SIGTSTP)) {
    make(::ptrace(PTRACE_LISTEN, pid, nullptr, nullptr), "PTRACE_LISTEN");
    return;
  }
  if (signal == (SIGTRAP | 0x80)) handle_call(pid);
  const long deliver = event == 0 && signal != (SIGTRAP | 0x80) ? signal : 0;
  make(::ptrace(PTRACE_SYSCALL, pid, nullptr, deliver), "PTRACE_SYSCALL");
} catch (const std::system_error& error) {
  if (error.code().value() != ESRCH) throw;
}

void Tracer::handle_call(pid_t pid) {
  __ptrace_syscall_info info{};
  make(::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info), "PTRACE_GET_SYSCALL_INFO");
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY) enter(pid, task(pid), info);
  if (info.op == PTRACE_SYSCALL_INFO_EXIT) leave(pid, task(pid));
}

void Tracer::enter(pid_t pid, Task& task, const __ptrace_syscall_info& info) {
  SystemCall call{.process = pid, .number = info.entry.nr};
  std::copy_n(info.entry.args, 6, call.arguments.begin());
  const auto first = static_cast<int>(call.arguments[0]);
  if (call.number == SYS_close && first < 0) {
    if (first == program_mark) task.is_loading = false;
    if (first == begin_mark || first == end_mark) is_active_ = first == begin_mark;
    return;
  }
  if (!is_active_ || task.is_loading) return;
  const auto possible = possible_faults(call);
  if (possible.empty()) return;
  ++task.calls;
  const auto fault = choose_({task.number, task.calls}, call, possible);
  if (!fault) return;

  auto now = registers(pid);
  if (fault->kind == Fault::Kind::is_short && has_message(call.number)) {
    const auto cut = message_cut(pid, call.arguments[1]);
    if (cut.size_at == 0) return;
    task.saved_size = peek<std::uint64_t>(pid, cut.size_at);
    task.saved_parts = peek<std::uint64_t>(pid, cut.parts_at);
    poke<std::uint64_t>(pid, cut.size_at, 1);
    poke<std::uint64_t>(pid, cut.parts_at, 1);
  } else if (fault->kind == Fault::Kind::is_short) {
    task.saved_size = std::exchange(now.rdx, 1);
    set_registers(pid, now);
  } else if (fault->kind == Fault::Kind::fails) {
    now.orig_rax = ~0ULL;  // the kernel makes no call
    set_registers(pid, now);
  }
  task.fault = fault;
  ++result_.faults[name_of_call(call.number) + " " + to_string(*fault)];
  if (!is_harmless(*fault, call.number)) result_.was_harmed = true;
}

void Tracer::leave(pid_t pid, Task& task) {
  if (!task.fault) return;
  const auto fault = *std::exchange(task.fault, std::nullopt);
  auto now = registers(pid);
  if (fault.kind != Fault::Kind::is_short) {
    now.rax = static_cast<unsigned long long>(-fault.error);
    set_registers(pid, now);
  } else if (has_message(now.orig_rax)) {
    const auto message = peek<msghdr>(pid, now.rsi);
    poke(pid, now.rsi + offsetof(msghdr, msg_iovlen), task.saved_parts);
    poke(pid, reinterpret_cast<std::uint64_t>(message.msg_iov) + offsetof(iovec, iov_len),
         task.saved_size);
  } else {
    now.rdx = task.saved_size;
    set_registers(pid, now);
  }
}

void Tracer::handle_end(pid_t pid, int status) {
  const auto found = tasks_.find(pid);
  const int number = found == tasks_.end() ? -1 : found->second.number;
  if (found != tasks_.end()) tasks_.erase(found);
  if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL && WTERMSIG(status) != SIGTERM)
    result_.problems.push_back("task " + std::to_string(number) +
                               " crashed: " + ::strsignal(WTERMSIG(status)));
  if (pid != main_) return;
  is_active_ = false;
  if (WIFEXITED(status)) result_.status = WEXITSTATUS(status);
  deadline_ = Clock::now() + limit_ / 2;  // for processes that it may leave behind
}

void Tracer::kill_all(const char* reason) {
  deadline_ = Clock::now() + limit_;
  for (const auto& [pid, task] : tasks_) {
    std::string call;
    std::getline(std::ifstream{"/proc/" + std::to_string(pid) + "/syscall"}, call);
    result_.problems.push_back("task " + std::to_string(task.number) + " " + reason + " in " +
                               call);
    ::kill(pid, SIGKILL);
  }
}

}  // namespace

void program_begins() { ::syscall(SYS_close, program_mark); }
void begin_faults() { ::syscall(SYS_close, begin_mark); }
void end_faults() { ::syscall(SYS_close, end_mark); }

Traced trace(const std::vector<std::string>& command, const Choose& choose,
             std::chrono::seconds limit) {
  return Tracer{choose, limit}.run(command);
}

}  // namespace course
