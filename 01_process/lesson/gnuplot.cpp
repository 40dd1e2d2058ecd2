#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <system_error>
#include <fmt/format.h>

#include <lesson/gnuplot.hpp>
#include <mp/file_descriptor.hpp>

namespace lesson {

std::string quoted(std::string text) {
  for (auto at = text.find('\''); at != std::string::npos; at = text.find('\'', at + 2))
    text.insert(at, 1, '\'');
  return "'" + text + "'";
}

std::string terminal(const std::string& file, int height, int width) {
  if (file == "-") return "dumb size 90,28";
  if (file.ends_with(".svg"))
    return fmt::format("svg size {},{} dynamic enhanced font 'sans,14' background '#ffffff'", width,
                       height);
  return fmt::format("pngcairo size {},{} font 'sans,15'", width * 3 / 2, height * 3 / 2);
}

void run_gnuplot(const std::function<void(Gnuplot&)>& write, const std::string& file) {
  std::fflush(stdout);
  // With "e", processes that are started meanwhile do not inherit the pipe.
  std::FILE* const pipe =
      ::popen(file == "-" ? "exec gnuplot 2>/dev/null" : "exec gnuplot >/dev/null 2>&1", "we");
  if (!pipe) throw std::system_error(errno, std::generic_category(), "popen");
  // gnuplot may exit before it has read everything; its exit status says more than SIGPIPE.
  const auto old_handler = std::signal(SIGPIPE, SIG_IGN);
  {
    Gnuplot gnuplot{::fdopen(mp::check(::fcntl(::fileno(pipe), F_DUPFD_CLOEXEC, 0), "fcntl"), "w")};
    write(gnuplot);
  }
  const int status = ::pclose(pipe);
  std::signal(SIGPIPE, old_handler);
  if (status == 0) return;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    throw std::runtime_error{"cannot draw: gnuplot is not installed"};
  throw std::runtime_error{fmt::format("cannot draw {}: gnuplot failed", file)};
}

}  // namespace lesson
