#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <gnuplot-iostream.h>
#include <lesson/figure.hpp>
#include <memory>
#include <mp/file_descriptor.hpp>
#include <stdexcept>
#include <system_error>

namespace lesson {
namespace {

namespace fs = std::filesystem;

// A text as gnuplot reads it between single quotes.
std::string quoted(std::string text) {
  for (auto at = text.find('\''); at != std::string::npos; at = text.find('\'', at + 2))
    text.insert(at, 1, '\'');
  return "'" + text + "'";
}

std::string terminal(const std::string& file) {
  if (file == "-") return "dumb size 90,28";
  if (file.ends_with(".svg")) return "svg size 800,500 dynamic enhanced font 'sans,14' background '#ffffff'";
  return "pngcairo size 1200,750 font 'sans,15'";
}

void write_script(std::ostream& gnuplot, Gnuplot& data, const Figure& figure, const std::string& file) {
  gnuplot << "set terminal " << terminal(file) << "\n";
  if (file != "-") gnuplot << "set output " << quoted(file) << "\n";
  gnuplot << "set title " << quoted(figure.title) << " noenhanced\n"
          << "set xlabel " << quoted(figure.x_label) << " noenhanced\n"
          << "set ylabel " << quoted(figure.y_label) << " noenhanced\n"
          << "set key left top\nset grid\nset style data linespoints\n";
  if (figure.log_x) gnuplot << "set logscale x\nset format x '10^{%T}'\n";
  if (figure.log_y) gnuplot << "set logscale y\nset format y '10^{%T}'\n";
  const char* separator = "plot ";
  for (const auto& series : figure.series) {
    gnuplot << separator << "'-' linewidth 2 pointtype 7 title " << quoted(series.title) << " noenhanced";
    separator = ", ";
  }
  gnuplot << "\n";
  for (const auto& series : figure.series) data.send1d(series.points);
}

}  // namespace

void draw(const Figure& figure, const std::string& file) {
  if (file.empty()) return;
  std::fflush(stdout);
  // "e" keeps the pipe out of processes that are started meanwhile.
  std::FILE* const pipe = ::popen("exec gnuplot 2>/dev/null", "we");
  if (!pipe) throw std::system_error(errno, std::generic_category(), "popen");
  // gnuplot may end before it has read everything; its exit status tells more than a signal.
  const auto old_handler = std::signal(SIGPIPE, SIG_IGN);
  {
    Gnuplot gnuplot{::fdopen(mp::check(::fcntl(::fileno(pipe), F_DUPFD_CLOEXEC, 0), "fcntl"), "w")};
    write_script(gnuplot, gnuplot, figure, file);
  }
  const int status = ::pclose(pipe);
  std::signal(SIGPIPE, old_handler);
  if (status == 0) return;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    throw std::runtime_error{"cannot draw: gnuplot is not installed"};
  throw std::runtime_error{fmt::format("cannot draw {}: gnuplot failed", file)};
}

}  // namespace lesson
