#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include <mp/output.hpp>
#include <mp/timeline_report.hpp>

// Handles MP_TIMELINE. The toolkit itself writes text and JSON. A program of the course,
// mp_timeline, draws pictures from the JSON, so that programs that use the toolkit need no gnuplot.

namespace mp::detail {
namespace {

constexpr std::size_t default_events = 1 << 18;  // of 32 bytes each

struct Output {
  pid_t owner = ::getpid();
  std::filesystem::path path;  // absolute, because a program may change its folder
  FileDescriptor file;         // opened at once, to report mistakes early
  bool written = false;
};
Output* output = nullptr;  // null without MP_TIMELINE; never destroyed

void complain(const std::string& text) {
  const auto line = "timeline: " + text + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void write_all(const FileDescriptor& file, const std::string& text) {
  for (std::size_t done = 0; done < text.size();)
    done += static_cast<std::size_t>(
        check(retry([&] { return ::write(file.get(), text.data() + done, text.size() - done); }),
              "write"));
}

// Runs mp_timeline; returns false when there is no such program.
bool draw(const std::string& json, const std::string& picture) {
  FileDescriptor input{check(::memfd_create("mp-timeline", MFD_CLOEXEC), "memfd_create")};
  write_all(input, json);
  check(::lseek(input.get(), 0, SEEK_SET), "lseek");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  std::string program =
      std::filesystem::exists(MP_TIMELINE_PROGRAM) ? MP_TIMELINE_PROGRAM : "mp_timeline";
  std::string from = "-", to = picture;
  const std::array arguments{program.data(), from.data(), to.data(), static_cast<char*>(nullptr)};
  pid_t pid = 0;
  const int error =
      ::posix_spawnp(&pid, program.c_str(), &actions, nullptr, arguments.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) return false;
  if (error != 0) throw std::system_error(error, std::generic_category(), "posix_spawn");
  int status = 0;
  if (retry([&] { return ::waitpid(pid, &status, 0); }) == -1) return true;  // SIGCHLD is ignored
  if (status != 0) throw std::runtime_error{"mp_timeline failed"};
  return true;
}

void write(const TimelineReport& report) {
  const auto ending = output->path.extension();
  if (ending == ".json") return write_all(output->file, to_json(report));
  if (ending != ".svg" && ending != ".png") return write_all(output->file, to_text(report));
  const auto json = to_json(report);
  if (draw(json, output->path)) return;
  const auto events = output->path.string() + ".json";
  write_all(FileDescriptor{check(
                ::open(events.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), "open")},
            json);
  throw std::runtime_error{"the program mp_timeline is missing; the data for the picture is in " +
                           events};
}

// A picture is most useful after Ctrl-C on a program that hangs, or a crash. A child with a time
// limit writes it, because this thread may hold any lock.
void write_before_death(int signal) {
  std::signal(signal, SIG_DFL);
  if (!output->written) {
    record_killed(::getpid());
    const pid_t child = ::_Fork();
    if (child == 0) {
      output->owner = ::getpid();
      ::alarm(20);
      write_timeline();
      ::_exit(EXIT_SUCCESS);
    }
    if (child > 0) retry([&] { return ::waitpid(child, nullptr, 0); });
  }
  ::raise(signal);
}

// Calls f(signal) for each of these signals that is handled this way.
void for_each_signal(void (*handler)(int), auto f) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGABRT, SIGSEGV}) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    if (action.sa_handler == handler) f(signal);
  }
}

void write_at_death() {
  for_each_signal(SIG_DFL, [](int signal) {
    struct sigaction action {};
    action.sa_handler = &write_before_death;
    action.sa_flags = SA_NODEFER;
    ::sigaction(signal, &action, nullptr);
  });
}

// The ranks of an Open MPI program write a file each: FILE.json, FILE-1.json …
std::string of_this_rank(const std::string& file) {
  const char* const rank = std::getenv("PMIX_RANK");
  if (!rank || rank == std::string{"0"} || file == "-") return file;
  const std::filesystem::path path{file};
  const auto name = path.stem().string() + "-" + rank + path.extension().string();
  return path.parent_path() / name;
}

std::unique_ptr<Output> open_output(const std::string& name) {
  auto result = std::make_unique<Output>();
  if (name == "-") {
    // A duplicate, because the program may close standard output.
    result->file = FileDescriptor{check(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), "fcntl")};
    return result;
  }
  result->path = std::filesystem::absolute(name);
  const auto ending = result->path.extension();
  if (ending != ".svg" && ending != ".png" && ending != ".json" && ending != ".txt")
    throw std::runtime_error{"it must end in .svg, .png, .json or .txt, or be -"};
  result->file = FileDescriptor{
      check(::open(result->path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), "open")};
  return result;
}

}  // namespace

// Runs before main. Removes the variable, so that programs started by this one do not write the
// same file.
bool start_timeline() {
  const char* const wanted = std::getenv("MP_TIMELINE");
  if (!wanted) return false;
  const std::string file = wanted;
  ::unsetenv("MP_TIMELINE");
  if (file.empty()) return false;
  const auto name = of_this_rank(file);
  try {
    const char* const events = std::getenv("MP_TIMELINE_EVENTS");
    auto opened = open_output(name);
    auto* const started = new Timeline{events ? std::stoul(events) : default_events};
    started->begin_process(started->add_process("MainProcess"));
    output = opened.release();
    timeline = started;
  } catch (const std::exception& error) {
    complain("cannot write " + name + ": " + error.what());
    return false;
  }
  // Registered first, so this exit handler runs last.
  ::on_exit(
      [](int status, void*) {
        flush_output();
        if (write_timeline() || status != EXIT_SUCCESS) return;
        ::_exit(EXIT_FAILURE);
      },
      nullptr);
  write_at_death();
  return true;
}

std::uint64_t timeline_signals() {
  std::uint64_t set = 0;
  for_each_signal(&write_before_death,
                  [&](int signal) { set |= std::uint64_t{1} << (signal - 1); });
  return set;
}

void leave_timeline_signals() {
  for_each_signal(&write_before_death, [](int signal) { std::signal(signal, SIG_DFL); });
}

bool write_timeline() {
  if (!output || output->owner != ::getpid() || std::exchange(output->written, true)) return true;
  try {
    write(report(*timeline));
    return true;
  } catch (const std::exception& error) {
    complain("cannot write " + (output->path.empty() ? "-" : output->path.string()) + ": " +
             error.what());
    return false;
  }
}

}  // namespace mp::detail
