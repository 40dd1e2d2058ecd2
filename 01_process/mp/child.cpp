#include <cxxabi.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <functional>
#include <mp/start.hpp>
#include <mp/task.hpp>
#include <string>
#include <string_view>
#include <utility>

// The child's side of a start: who it is, its task, and its end.

namespace mp {
namespace {

std::string& own_name() {
  static std::string& name = *new std::string{"MainProcess"};  // read until the very end
  return name;
}

bool initialised = false;
StartMethod default_start_method = StartMethod::fork;

int flush_output() {
  std::cout.flush();
  std::clog.flush();
  return std::fflush(nullptr);
}

// The last exit handler registered is the first to run. Called in a forked child, this one keeps
// the handlers and static destructors that it has from its parent from running twice.
void end_before_parents_exit_handlers() {
  ::on_exit(
      [](int status, void*) {
        if (flush_output() != 0 && status == 0) {
          std::perror((own_name() + ": output is lost").c_str());
          status = 1;
        }
        ::_exit(status);
      },
      nullptr);
}

void report_exception(const char* text) {
  auto line = own_name() + ": " + readable_type_name(abi::__cxa_current_exception_type()->name());
  if (*text != '\0') line.append(": ").append(text);
  std::ranges::replace(line, '\n', ' ');
  line += '\n';
  flush_output();
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void take_on(detail::Identity identity) {
  own_name() = std::move(identity.name);
  if (identity.lifeline) detail::hang_on(identity.lifeline);
}

[[noreturn]] void run_and_exit(const std::function<void()>& task) {
  int code = EXIT_FAILURE;
  try {
    task();
    code = EXIT_SUCCESS;
  } catch (const std::exception& error) {
    report_exception(error.what());
  } catch (...) {
    report_exception("");
  }
  std::exit(code);
}

}  // namespace

const std::string& this_process::name() { return own_name(); }

void set_start_method(StartMethod method) { default_start_method = method; }
StartMethod start_method() { return default_start_method; }

void init(int argc, char** argv) {
  constexpr std::string_view flag = "--mp-child=";
  if (argc != 3 || !std::string_view{argv[1]}.starts_with(flag)) {
    initialised = true;
    return;
  }
  // The kernel calls a process after the file it was made from, which was /proc/self/exe.
  ::prctl(PR_SET_NAME, std::filesystem::path{argv[0]}.filename().c_str());
  const int number = std::atoi(argv[1] + flag.size());
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(number, SOL_SOCKET, SO_TYPE, &type, &size) == -1) {
    std::fprintf(stderr, "%s: %s is for processes that mp::Process starts\n", argv[0], argv[1]);
    std::exit(2);
  }
  initialised = true;
  detail::run_job(FileDescriptor{number}, false);
}

namespace detail {

bool is_initialised() { return initialised; }

SocketPair::SocketPair() {
  int ends[2];
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
  here = FileDescriptor{ends[0]};
  there = FileDescriptor{ends[1]};
}

pid_t fork_process() {
  flush_output();
  return check(::fork(), "fork");
}

void run_child(Identity identity, Task& task) {
  end_before_parents_exit_handlers();
  run_and_exit([&] {
    take_on(std::move(identity));
    task.run();
  });
}

void run_job(FileDescriptor socket, bool forked) {
  if (forked) end_before_parents_exit_handlers();
  run_and_exit([&] {
    check(::fcntl(socket.get(), F_SETFD, FD_CLOEXEC), "fcntl(F_SETFD)");
    Message job;
    try {
      job = Message::receive(socket);
    } catch (const EndOfFile&) {
      return;  // the parent gave up, or is gone
    }
    socket.close();
    Reader reader{job};
    Identity identity;
    reader(identity, default_start_method);
    take_on(std::move(identity));
    Task::run_from(reader);
  });
}

}  // namespace detail
}  // namespace mp
