#include "program.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/process/v2.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mp/file_descriptor.hpp>

namespace course {
namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;
using namespace std::chrono_literals;
using mp::check;
using mp::FileDescriptor;
using Clock = std::chrono::steady_clock;

// Low numbers are for the program; a descriptor that has one already would stay close-on-exec.
FileDescriptor out_of_the_way(int number) {
  const FileDescriptor low{number};
  return FileDescriptor{check(::fcntl(low.get(), F_DUPFD_CLOEXEC, 10), "fcntl(F_DUPFD_CLOEXEC)")};
}

// A file instead of a pipe, so that the program need not read it and no process waits for that.
FileDescriptor input_file(const std::string& text) {
  auto file = out_of_the_way(check(::memfd_create("input", MFD_CLOEXEC), "memfd_create"));
  for (std::size_t written = 0; written < text.size();) {
    written +=
        static_cast<std::size_t>(check(::pwrite(file.get(), text.data() + written,
                                                text.size() - written, static_cast<off_t>(written)),
                                       "pwrite"));
  }
  return file;
}

// A pipe whose read end is read by the io_context.
struct Capture {
  explicit Capture(asio::io_context& context) : read{context} {
    int ends[2];
    check(::pipe2(ends, O_CLOEXEC), "pipe2");
    write = out_of_the_way(ends[1]);
    read.assign(ends[0]);
  }

  void start(std::string& text) {
    write.close();
    asio::async_read(read, asio::dynamic_buffer(text),
                     [](boost::system::error_code, std::size_t) {});
  }

  asio::readable_pipe read;
  FileDescriptor write;
};

// Gives the program its environment and its own session, which identifies everything it starts.
// Between fork and exec it makes only system calls.
class Surroundings {
 public:
  explicit Surroundings(const std::map<std::string, std::string>& additions) {
    for (char** variable = ::environ; *variable; ++variable) {
      const std::string text{*variable};
      if (!additions.contains(text.substr(0, text.find('=')))) variables_.push_back(text);
    }
    for (const auto& [name, value] : additions) variables_.push_back(name + "=" + value);
    for (const auto& variable : variables_) pointers_.push_back(variable.c_str());
    pointers_.push_back(nullptr);
  }
  Surroundings(const Surroundings&) = delete;

  template <class Launcher>
  process::error_code on_setup(Launcher& launcher, const process::filesystem::path&,
                               const char* const*(&)) {
    launcher.env = pointers_.data();
    return {};
  }

  template <class Launcher>
  process::error_code on_exec_setup(Launcher&, const process::filesystem::path&,
                                    const char* const*(&)) {
    ::setsid();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    return {};
  }

 private:
  std::vector<std::string> variables_;
  std::vector<const char*> pointers_;
};

struct Member {
  pid_t pid;
  std::string text;  // its pid and command, for messages
};

// Returns the live processes of a session, from /proc/PID/stat: "PID (COMMAND) STATE PARENT GROUP
// SESSION".
std::vector<Member> members(pid_t session) {
  std::vector<Member> found;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const auto name = entry.path().filename().string();
    if (!std::ranges::all_of(name, [](char c) { return '0' <= c && c <= '9'; })) continue;
    std::ifstream file{entry.path() / "stat"};
    std::string line;
    if (!std::getline(file, line)) continue;  // it has ended meanwhile
    const auto end_of_command = line.rfind(')');
    if (end_of_command == std::string::npos) continue;
    std::istringstream fields{line.substr(end_of_command + 1)};
    char state = 0;
    pid_t parent = 0, group = 0, own_session = 0;
    fields >> state >> parent >> group >> own_session;
    if (own_session != session || state == 'Z' || state == 'X') continue;
    found.push_back({static_cast<pid_t>(std::stol(name)), line.substr(0, end_of_command + 1)});
  }
  return found;
}

// Repeats until none is left, because a process that was being forked is seen only the next time.
void kill_session(pid_t session) {
  for (auto alive = members(session); !alive.empty(); alive = members(session)) {
    for (const auto& member : alive) ::kill(member.pid, SIGKILL);
    std::this_thread::sleep_for(2ms);
  }
}

// Returns the processes that outlive the program. One that is just ending gets some time for that.
std::string left_over(pid_t session, std::chrono::milliseconds patience, asio::io_context& output) {
  const auto end = Clock::now() + patience;
  auto alive = members(session);
  for (auto pause = 1ms; !alive.empty() && Clock::now() < end; pause = std::min(2 * pause, 50ms)) {
    output.poll();  // a process may have to write before it can end
    std::this_thread::sleep_for(pause);
    alive = members(session);
  }
  std::string text;
  for (const auto& member : alive) text += " " + member.text;
  return text;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

}  // namespace

std::vector<std::string> Run::output_lines() const { return lines(output); }
std::vector<std::string> Run::error_lines() const { return lines(errors); }

std::ostream& operator<<(std::ostream& stream, const Run& run) {
  if (run.signal) stream << "ended by signal " << *run.signal;
  if (run.status) stream << "exit status " << *run.status;
  return stream << "\n--- output ---\n"
                << run.output << "--- errors ---\n"
                << run.errors << "---\n";
}

Run run_program(const std::string& path, const std::vector<std::string>& arguments,
                const RunOptions& options) {
  check(::access(path.c_str(), X_OK), path.c_str());
  Run run;
  asio::io_context context;
  Capture output{context}, errors{context};
  if (!options.output_file.empty())
    output.write = out_of_the_way(
        check(::open(options.output_file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666), "open"));
  const auto input = input_file(options.input);

  process::process child{
      context, path, arguments,
      process::process_stdio{input.get(), output.write.get(), errors.write.get()},
      Surroundings{options.environment}};
  const auto pid = child.id();
  output.start(run.output);
  errors.start(run.errors);
  bool ended = false;
  child.async_wait([&](process::error_code, int) { ended = true; });

  const auto deadline = Clock::now() + options.time_limit;
  while (!ended && context.run_one_until(deadline) > 0) {
  }
  if (!ended) {
    ADD_FAILURE() << path << " runs longer than its time limit of " << options.time_limit.count()
                  << " ms: killed";
    kill_session(pid);
    while (!ended) context.run_one();
  }
  const int status = child.native_exit_code();
  if (WIFSIGNALED(status)) run.signal = WTERMSIG(status);
  if (WIFEXITED(status)) run.status = WEXITSTATUS(status);

  // The rest of the output; end-of-file comes when no process holds a pipe open any longer.
  if (const auto rest = left_over(pid, options.patience, context); !rest.empty()) {
    ADD_FAILURE() << path << " has ended, but not what it has started:" << rest << ": killed";
    kill_session(pid);
  }
  context.run_for(options.patience);
  if (!context.stopped()) ADD_FAILURE() << path << " has ended, but its output is held open";
  return run;
}

std::vector<Lesson> lessons_in(const std::string& folder) {
  const std::filesystem::path chapter{folder};
  std::ifstream list{chapter.parent_path() / "lessons.txt"};
  std::vector<Lesson> lessons;
  for (std::string line; std::getline(list, line);) {
    std::istringstream fields{line};
    std::string owner;
    Lesson lesson;
    fields >> owner >> lesson.name >> lesson.status;
    if (owner == chapter.filename()) lessons.push_back(lesson);
  }
  return lessons;
}

void expect_checked_command_lines(const std::string& folder) {
  using testing::HasSubstr;
  int numbers = 0;
  for (const auto& [name, status] : lessons_in(folder)) {
    const auto program = folder + "/" + name;
    const auto help = run_program(program, {"--help"});
    EXPECT_EQ(help.status, 0) << name << help;
    EXPECT_THAT(help.output, HasSubstr("Usage: " + name));
    for (const auto* wrong : {"--no-such-option", "surplus"}) {
      const auto run = run_program(program, {wrong});
      EXPECT_EQ(run.status, 2) << name << run;
      EXPECT_EQ(run.output, "") << name;
      EXPECT_THAT(run.error_lines(), testing::ElementsAre(testing::AllOf(
                                         testing::StartsWith(name + ": "), HasSubstr(wrong))));
    }
    // The help shows which options take numbers, as in "  --points (20000000)".
    const std::regex takes_number{R"(  (--[a-z-]+) \(-?[0-9][^)]*\))"};
    for (std::sregex_iterator option{help.output.begin(), help.output.end(), takes_number}, end;
         option != end; ++option, ++numbers) {
      for (const auto* number : {"9223372036854775807", "99999999999999999999"}) {
        const auto run = run_program(program, {(*option)[1], number});
        EXPECT_EQ(run.status, 2) << name << run;
        EXPECT_EQ(run.output, "") << name;
        EXPECT_THAT(run.error_lines(), testing::ElementsAre(HasSubstr("is not between"))) << name;
      }
    }
  }
  EXPECT_GT(numbers, 0);
}

}  // namespace course
