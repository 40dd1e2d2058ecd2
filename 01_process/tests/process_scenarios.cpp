#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <fmt/core.h>

#include "leftovers.hpp"
#include <mp/process.hpp>

// Small programs whose output, exit status or leftovers a test examines from outside:
//   process_scenarios NAME START_METHOD [ARGUMENT]

namespace {

namespace fs = std::filesystem;
using mp::StartMethod;

StartMethod method;
std::string argument;

void print_three_ways(const std::string& speaker) {
  std::printf("%s, printf\n", speaker.c_str());
  fmt::print("{}, fmt\n", speaker);
  std::cout << speaker << ", cout\n";
}

void output_in_order() {
  print_three_ways("before");
  mp::Process{{.start_method = method}, print_three_ways, "child"};
  print_three_ways("after");
}

// Unsynchronised, the order of printf and cout is undefined, so only cout prints.
void print_unsynchronised(const std::string& speaker) {
  std::ios::sync_with_stdio(false);
  std::cout << speaker << '\n';
}

void unsynchronised_output() {
  print_unsynchronised("before");
  mp::Process{{.start_method = method}, print_unsynchronised, "child"};
  std::cout << "after\n";
}

struct Goodbye {
  explicit Goodbye(const char* name) : name_{name} {}
  ~Goodbye() { std::printf("%s says goodbye\n", name_); }

 private:
  const char* name_;
};

void leave_a_handler(bool call_exit) {
  std::atexit([] { std::puts("child's exit handler"); });
  static Goodbye object{"child's static object"};
  if (call_exit) std::exit(3);
}

// A spawned process copies nothing, so only objects that it made itself are destroyed there.
void exit_handlers() {
  static Goodbye object{"parent's static object"};
  std::atexit([] { std::puts("parent's exit handler"); });
  for (const bool call_exit : {false, true}) {
    mp::Process child{{.start_method = method}, leave_a_handler, call_exit};
    std::puts(to_string(child.join()).c_str());
  }
}

struct OddError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct NoStandardError {};

void throw_error(const std::string& kind) {
  std::cout << "said before\n";
  if (kind == "runtime_error") throw std::runtime_error{"disk is full"};
  if (kind == "own") throw OddError{"first line\nsecond line\n"};
  if (kind == "not_standard") throw NoStandardError{};
  if (kind == "int") throw 42;
  if (kind == "no_text") throw OddError{""};
}

void exceptions() {
  mp::Process child{{.name = "Thrower", .start_method = method}, throw_error, argument};
  const auto status = child.join();
  std::fprintf(stderr, "%s\n", to_string(status).c_str());
}

// Without mp::init, only the start methods that send the function fail.
void without_init() {
  try {
    mp::Process{{.start_method = method}, std::function<void()>{}};
  } catch (const std::logic_error& error) {
    std::puts(error.what());
  }
  std::printf("%zu processes, %zu descriptors\n", course::descendants().size(),
              course::open_descriptors().size());
}

void say(const std::string& text) { std::puts(text.c_str()); }

// Some output is lost before the end, when it no longer fits into the buffer.
void say_in_vain(const std::string& what) {
  const std::string much(1 << 20, 'x');
  if (what == "unsynchronised") {
    std::ios::sync_with_stdio(false);
    std::cout << much << std::flush;
  } else {
    std::fputs(what == "a line" ? "nothing reads this\n" : much.c_str(), stdout);
  }
}

void lost_output() {
  mp::Process child{{.name = "Writer", .start_method = method}, say_in_vain, argument};
  std::fprintf(stderr, "%s\n", to_string(child.join()).c_str());
}

void nothing_said() {
  mp::Process child{{.start_method = method}, [] {}};
  std::fprintf(stderr, "%s\n", to_string(child.join()).c_str());
}

// The parent has lost output before it starts a child.
void parents_loss() {
  print_three_ways("parent");
  std::cout.flush();
  mp::Process child{
      {.start_method = method}, [](const std::string& text) { std::cout << text; }, argument};
  std::fprintf(stderr, "%s\n", to_string(child.join()).c_str());
}

void names() {
  std::puts(mp::this_process::name().c_str());
  for (int i = 0; i < 3; ++i)
    mp::Process{{.start_method = method}, [] { std::puts(mp::this_process::name().c_str()); }};
}

void default_start_method() {
  std::puts(mp::start_method() == StartMethod::fork ? "fork" : "another one");
}

// The system refuses to overwrite the file of a running program, so another file takes its place.
void image_gone() {
  const auto path = fs::read_symlink("/proc/self/exe");
  fs::remove(path);
  if (argument == "replaced") std::ofstream{path} << "not a program\n";
  for (int i = 0; i < 2; ++i) {
    mp::Process child{{.start_method = method}, say, "started"};
    std::puts(to_string(child.join()).c_str());
  }
}

volatile std::sig_atomic_t interrupts = 0;

// Ctrl-C in the terminal goes to the whole process group.
void interrupt() {
  std::signal(SIGINT, [](int) { interrupts = interrupts + 1; });
  mp::Process{{.start_method = method}, say, "before"};
  const auto servers = course::descendants();
  ::kill(0, SIGINT);
  mp::Process{{.start_method = method}, say, "after"};
  std::printf("%d interrupt, %s\n", static_cast<int>(interrupts),
              course::descendants() == servers ? "the same server" : "another server");
}

void write_everywhere(const std::string& file) {
  std::ofstream out{file};
  for (int i = 0; i < 1000; ++i) {
    std::puts("to standard output");
    std::fputs("to standard error\n", stderr);
  }
  std::fflush(stdout);
  if (std::getchar() == EOF) out << "as it should be\n";
}

// The first part runs the second one with closed standard streams. `argument` is a file to write
// to.
void closed_streams() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(number);
  ::execl("/proc/self/exe", "process_scenarios", "with_closed_streams",
          method == StartMethod::fork    ? "fork"
          : method == StartMethod::spawn ? "spawn"
                                         : "forkserver",
          argument.c_str(), nullptr);
}

void with_closed_streams() {
  mp::Process child{{.start_method = method, .daemon = false}, write_everywhere, argument};
  const bool good = child.join().success();
  mp::Process daemon{{.start_method = method, .daemon = true}, say, "to no reader"};
  std::exit(good && daemon.join().success() ? 0 : 1);
}

// The program closes them itself, after mp::init.
void streams_closed_later() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(number);
  mp::Process child{{.start_method = method}, write_everywhere, argument};
  std::exit(child.join().success() ? 0 : 1);
}

void end_with_servers_child_running() {
  std::array<int, 2> ends{};
  mp::check(::pipe(ends.data()), "pipe");
  mp::Process child{{.start_method = method, .daemon = true},
                    [](const mp::FileDescriptor& end) {
                      std::puts("daemon runs");
                      std::fflush(stdout);
                      mp::check(::write(end.get(), "x", 1), "write");
                      for (;;) ::pause();
                    },
                    mp::FileDescriptor{ends[1]}};
  char byte = 0;
  mp::check(::read(ends[0], &byte, 1), "read");
  if (argument == "exit") std::exit(0);  // `child` is not destroyed
  if (argument == "_exit") ::_exit(0);
}

mp::Process global_process;  // its destructor runs after the exit handlers that main adds

void await_sigterm(const mp::FileDescriptor& ready) {
  std::atexit([] { std::puts("exit handler"); });
  sigset_t terminate;
  ::sigemptyset(&terminate);
  ::sigaddset(&terminate, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &terminate, nullptr);
  mp::check(::write(ready.get(), "x", 1), "write");
  int signal = 0;
  ::sigwait(&terminate, &signal);
  std::puts("SIGTERM");
}

void global_daemon() {
  std::array<int, 2> ends{};
  mp::check(::pipe(ends.data()), "pipe");
  global_process = mp::Process{
      {.start_method = method, .daemon = true}, await_sigterm, mp::FileDescriptor{ends[1]}};
  char byte = 0;
  mp::check(::read(ends[0], &byte, 1), "read");
}

const std::map<std::string, std::function<void()>> scenarios{
    {"output_in_order", output_in_order},
    {"unsynchronised_output", unsynchronised_output},
    {"exit_handlers", exit_handlers},
    {"exceptions", exceptions},
    {"without_init", without_init},
    {"lost_output", lost_output},
    {"nothing_said", nothing_said},
    {"parents_loss", parents_loss},
    {"names", names},
    {"default_start_method", default_start_method},
    {"image_gone", image_gone},
    {"interrupt", interrupt},
    {"closed_streams", closed_streams},
    {"with_closed_streams", with_closed_streams},
    {"streams_closed_later", streams_closed_later},
    {"global_daemon", global_daemon},
    {"end_with_daemon", end_with_servers_child_running},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || std::string{argv[1]} != "without_init") mp::init(argc, argv);
  if (argc < 3) return 2;
  const std::string name{argv[2]};
  method = name == "fork"    ? StartMethod::fork
           : name == "spawn" ? StartMethod::spawn
                             : StartMethod::forkserver;
  if (argc > 3) argument = argv[3];
  scenarios.at(argv[1])();
}
