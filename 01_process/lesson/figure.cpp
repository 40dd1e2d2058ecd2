#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <fmt/format.h>
#include <gnuplot-iostream.h>

#include <lesson/figure.hpp>
#include <mp/file_descriptor.hpp>

namespace lesson {
namespace {

// A text as gnuplot reads it between single quotes.
std::string quoted(std::string text) {
  for (auto at = text.find('\''); at != std::string::npos; at = text.find('\'', at + 2))
    text.insert(at, 1, '\'');
  return "'" + text + "'";
}

std::string terminal(const std::string& file) {
  if (file == "-") return "dumb size 90,28";
  if (file.ends_with(".svg"))
    return "svg size 800,500 dynamic enhanced font 'sans,14' background '#ffffff'";
  return "pngcairo size 1200,750 font 'sans,15'";
}

// What gnuplot must know of an axis: its label, its range, and where its ticks are.
std::string axis(char name, const std::string& label, bool logarithmic, const Figure& figure,
                 const std::string& file) {
  double least = std::numeric_limits<double>::infinity(), most = -least;
  for (const auto& series : figure.series) {
    for (const auto& [x, y] : series.points) {
      const double value = name == 'x' ? x : y;
      if (!std::isfinite(value) || (logarithmic && value <= 0))
        throw std::runtime_error{
            fmt::format("cannot draw {}: the {} axis has no place for {}", file, name, value)};
      least = std::min(least, value);
      most = std::max(most, value);
    }
  }
  if (least > most) throw std::runtime_error{fmt::format("cannot draw {}: no points", file)};

  // Some room, so that points at the edge are drawn whole.
  constexpr double room = 0.04;
  auto script = fmt::format("set {}label {} noenhanced\n", name, quoted(label));
  if (!logarithmic) {
    // Where zero is near it belongs to the picture: bars of twice the height mean twice as much.
    if (name == 'y' && least > 0 && least < most / 2) least = 0;
    const double margin = least < most ? room * (most - least) : 0.5;
    const double from = least == 0 ? 0 : least - margin;
    return script + fmt::format("set {}range [{}:{}]\n", name, from, most + margin);
  }
  const double factor = least < most ? std::pow(most / least, room) : 2;
  const double from = least / factor, to = most * factor;
  // Plain numbers as long as these are short; characters in the terminal have no exponents.
  const bool plain = file == "-" || (from > 1e-4 && to < 1e5);
  script += fmt::format("set logscale {0}\nset format {0} '{1}'\nset {0}range [{2}:{3}]\n", name,
                        plain ? "%g" : "10^{%T}", from, to);
  if (!plain || to / from > 3000) return script;
  // Few powers of ten would be in sight: ticks at 1, 2, 5, 10, 20 …
  script += fmt::format("set {}tics (", name);
  const char* separator = "";
  for (double power = std::pow(10, std::floor(std::log10(from))); power <= to; power *= 10) {
    for (const double tick : {power, 2 * power, 5 * power}) {
      if (tick < from || tick > to) continue;
      script += fmt::format("{}'{:g}' {}", separator, tick, tick);
      separator = ", ";
    }
  }
  return script + ")\n";
}

void write_script(std::ostream& gnuplot, Gnuplot& data, const Figure& figure,
                  const std::string& file) {
  const bool in_terminal = file == "-";
  gnuplot << "set terminal " << terminal(file) << "\n";
  if (!in_terminal) gnuplot << "set output " << quoted(file) << "\n";
  gnuplot << "set title " << quoted(figure.title) << " noenhanced\n"
          << "set style data linespoints\n"
          << "set key outside top center horizontal\n"  // where it hides no data
          << "set tics nomirror\n";
  if (!in_terminal)  // colours that the colour-blind can tell apart, too
    gnuplot << "set colorsequence podo\nset border 3\nset grid linetype 1 linecolor '#dddddd'\n";
  gnuplot << axis('x', figure.x_label, figure.log_x, figure, file)
          << axis('y', figure.y_label, figure.log_y, figure, file);

  const char* separator = "plot ";
  for (const auto& series : figure.series) {
    gnuplot << separator << "'-' " << (in_terminal ? "" : "linewidth 2 pointtype 7 pointsize 0.8 ")
            << "title " << quoted(series.title + (in_terminal ? "  " : "")) << " noenhanced";
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
