#include <sys/wait.h>
#include <cerrno>
#include <cstdio>
#include <sstream>
#include <system_error>
#include <boost/asio/io_context.hpp>
#include <boost/process/v2.hpp>
#include <fmt/core.h>

#include <harness/run_program.hpp>

namespace harness {

int run(const std::string& program, const std::vector<std::string>& arguments) {
  namespace process = boost::process::v2;
  std::fflush(stdout);
  boost::asio::io_context context;
  process::process child{context, program, arguments};
  child.wait();
  const int status = child.native_exit_code();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool run_quietly(const std::string& command) {
  std::fflush(stdout);
  std::string output;
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (!pipe) throw std::system_error(errno, std::generic_category(), "popen");
  char part[4096];
  while (const auto size = std::fread(part, 1, sizeof part, pipe)) output.append(part, size);
  if (::pclose(pipe) == 0) return true;
  std::istringstream lines{output};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("FAILED: "))
      std::getline(lines, line);  // the command that has failed
    else if (!line.starts_with('[') && !line.starts_with("ninja: "))
      fmt::print("{}\n", line);
  }
  return false;
}

std::string quoted(const std::filesystem::path& path) {
  std::string text = "'";
  for (const char c : path.string()) text += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return text + "'";
}

}  // namespace harness
