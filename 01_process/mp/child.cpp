#include <cxxabi.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <mp/exclusive_descriptor.hpp>
#include <mp/output.hpp>
#include <mp/start.hpp>
#include <mp/task.hpp>

// The child's side of a start: its identity, its task, and its end.

namespace mp {
namespace {

std::string& own_name() {
  static std::string& name = *new std::string{"MainProcess"};  // exit handlers read it
  return name;
}

bool initialised = false;
StartMethod default_start_method = StartMethod::fork;

// Writes one line to standard error in one piece, because other processes write there, too.
void report(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  text = own_name() + ": " + text + '\n';
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void report_exception(const char* text) {
  detail::flush_output();
  const auto* const type = abi::__cxa_current_exception_type();
  // The end of a thread unwinds the stack like an exception, but has no type.
  auto line = type ? readable_type_name(type->name())
                   : "the main thread of a process was cancelled, or called pthread_exit";
  if (text && *text != '\0') line.append(": ").append(text);
  report(std::move(line));
}

// Writes the last output. A process whose output is lost has failed, whatever its function says. It
// ends here, or the C library would try to write again, and might block.
void finish_output(int status) {
  using namespace std::chrono_literals;
  detail::record_end();
  const int error = detail::flush_output(deadline_after(1s));
  if (error != 0 && status == 0) {
    report(std::string{"output is lost: "} +
           (error == EBUSY ? "another thread is blocked while writing" : std::strerror(error)));
    status = EXIT_FAILURE;
  }
  detail::report_exit(W_EXITCODE(status & 0xff, 0));
  if (error != 0) ::_exit(status);
}

// The exit handler registered last runs first. In a forked child it also prevents the handlers and
// static destructors inherited from the parent from running twice.
void finish_at_exit(bool forked) {
  const auto finish = [](int status, void*) {
    finish_output(status);
    detail::abandon_streams_in_use();
  };
  const auto finish_for_good = [](int status, void*) {
    finish_output(status);
    ::_exit(status);
  };
  if (forked)
    ::on_exit(finish_for_good, nullptr);
  else
    ::on_exit(finish, nullptr);
}

// A program may be started with closed standard streams. Without this, the next opened files would
// get their numbers.
void open_standard_streams() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(number, F_GETFD) == -1)
      check(retry([&] { return ::open("/dev/null", O_RDWR); }), "open(/dev/null)");
}

void take_on(detail::Identity identity) {
  if (identity.signals) identity.signals->apply();
  identity.on_timeline.apply();
  own_name() = std::move(identity.name);
  ::prctl(PR_SET_NAME, own_name().c_str());  // what ps and top show, up to 15 characters
  if (identity.directory) check(::fchdir(identity.directory.get()), "fchdir");
  if (identity.daemon) detail::die_with_parent();
}

// A forked child has copies of all its parent's descriptors. It closes the exclusive ones, except
// those that the parent closed together with the task, and those that the arguments refer to.
void keep_what_was_given(const detail::Task& task, Message& message) {
  std::vector<int> owned;
  Reader{message}(owned);
  ExclusiveDescriptor::close_inherited_except([&, referred_to = task.descriptors()](int number) {
    return std::ranges::count(owned, number) > 0 || referred_to.contains(number);
  });
}

// Empty when the parent gave up or has ended.
std::optional<Message> receive_from_parent(const FileDescriptor& channel) {
  try {
    return Message::receive(channel);
  } catch (const EndOfFile&) {
    return std::nullopt;
  }
}

[[noreturn]] void run_and_exit(const std::function<void()>& task) {
  try {
    task();
  } catch (const std::exception& error) {
    report_exception(error.what());
    std::exit(EXIT_FAILURE);
  } catch (...) {
    report_exception("");
    std::exit(EXIT_FAILURE);  // not below, because the end of a thread would have to be rethrown
  }
  std::exit(EXIT_SUCCESS);
}

}  // namespace

const std::string& this_process::name() { return own_name(); }

void set_start_method(StartMethod method) { default_start_method = method; }
StartMethod start_method() { return default_start_method; }

void init(int argc, char** argv) {
  open_standard_streams();
  initialised = true;
  if (argc < 2 || argv[1] != detail::child_flag) {
    if (detail::on_init) detail::on_init();
    return;
  }
  struct stat status {};
  if (argc != 3 || ::fstat(detail::child_socket, &status) == -1 || !S_ISSOCK(status.st_mode)) {
    std::fprintf(stderr, "%s: %s is for processes that mp::Process starts\n", argv[0], argv[1]);
    std::exit(2);
  }
  detail::run_job(FileDescriptor{detail::child_socket}, false);
}

namespace detail {

void (*on_init)() = nullptr;

bool is_initialised() { return initialised; }

SocketPair::SocketPair() {
  int ends[2];
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
  here = FileDescriptor{ends[0]};
  there = FileDescriptor{ends[1]};
}

void run_child(Identity identity, Task& task, ExclusiveDescriptor channel, bool keeps_all) {
  finish_at_exit(true);
  run_and_exit([&] {
    auto given = keeps_all ? std::optional{Message{}} : receive_from_parent(channel.get());
    if (!given) return;
    keep_parent_channel(std::move(channel), false);
    if (!keeps_all) keep_what_was_given(task, *given);
    take_on(std::move(identity));
    task.run();
  });
}

void run_job(FileDescriptor channel, bool forked) {
  finish_at_exit(forked);
  run_and_exit([&] {
    check(::fcntl(channel.get(), F_SETFD, FD_CLOEXEC), "fcntl(F_SETFD)");
    auto job = receive_from_parent(channel);
    if (!job) return;
    keep_parent_channel(ExclusiveDescriptor{std::move(channel)}, forked);
    Reader reader{*job};
    Identity identity;
    reader(identity, default_start_method);
    take_on(std::move(identity));
    Task::run_from(reader);
  });
}

}  // namespace detail
}  // namespace mp
