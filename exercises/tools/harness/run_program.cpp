#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <system_error>
#include <boost/asio/io_context.hpp>
#include <boost/process/v2.hpp>

#include <harness/run_program.hpp>

namespace harness {
namespace {

bool is_progress(const std::string& line) {
  for (const auto* const beginning : {"[", "-- ", "ninja: ", "compilation terminated"})
    if (line.starts_with(beginning)) return true;
  return false;
}

}  // namespace

int run(const std::string& program, const std::vector<std::string>& arguments) {
  namespace process = boost::process::v2;
  std::fflush(stdout);
  boost::asio::io_context context;
  process::process child{context, program, arguments};
  child.wait();
  const int status = child.native_exit_code();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::optional<std::string> failure_of(const std::string& command) {
  std::fflush(stdout);
  std::string output;
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (!pipe) throw std::system_error(errno, std::generic_category(), "popen");
  char part[4096];
  while (const auto size = std::fread(part, 1, sizeof part, pipe)) output.append(part, size);
  if (::pclose(pipe) == 0) return std::nullopt;
  std::istringstream lines{output};
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("FAILED: "))
      std::getline(lines, line);  // the failed command
    else if (!is_progress(line))
      text += line + '\n';
  }
  return text;
}

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

int terminal_width() {
  winsize terminal{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &terminal) == 0 ? terminal.ws_col : 200;
}

std::string quoted(const std::filesystem::path& path) {
  std::string text = "'";
  for (const char c : path.string()) text += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return text + "'";
}

}  // namespace harness
