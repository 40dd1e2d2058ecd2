#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <fmt/format.h>

#include <lesson/figure.hpp>
#include <lesson/gnuplot.hpp>

namespace lesson {
namespace {

// The gnuplot commands for an axis: its label, range and ticks.
std::string axis(char name, const std::string& label, bool logarithmic, const Figure& figure,
                 const std::string& file) {
  double min = std::numeric_limits<double>::infinity(), max = -min;
  bool is_whole = true;
  for (const auto& series : figure.series) {
    for (const auto& [x, y] : series.points) {
      const double value = name == 'x' ? x : y;
      if (!std::isfinite(value) || (logarithmic && value <= 0))
        throw std::runtime_error{
            fmt::format("cannot draw {}: the {} axis has no place for {}", file, name, value)};
      min = std::min(min, value);
      max = std::max(max, value);
      is_whole = is_whole && value == std::floor(value);
    }
  }
  if (min > max) throw std::runtime_error{fmt::format("cannot draw {}: no points", file)};
  // Within less than a power of ten, a logarithmic axis might show no number at all.
  logarithmic = logarithmic && max >= 10 * min;

  // A margin, so that points at the edge are drawn whole.
  constexpr double room = 0.04;
  auto script = fmt::format("set {}label {} noenhanced\n", name, quoted(label));
  if (!logarithmic) {
    // The axis starts at zero if that is near, so that heights can be compared.
    if (name == 'y' && min > 0 && min < max / 2) min = 0;
    const double margin = min < max ? room * (max - min) : 0.5;
    const double from = min == 0 ? 0 : min - margin;
    // There is no half process. With more values, gnuplot chooses whole numbers anyway.
    if (name == 'x' && is_whole && max - min <= 10) script += "set xtics 1\n";
    return script + fmt::format("set {}range [{}:{}]\n", name, from, max + margin);
  }
  const double factor = std::pow(max / min, room);
  const double from = min / factor, to = max * factor;
  // Plain numbers while they are short, and always in the terminal, which has no superscripts.
  const bool plain = file == "-" || (from > 1e-4 && to < 1e5);
  script += fmt::format("set logscale {0}\nset format {0} '{1}'\nset {0}range [{2}:{3}]\n", name,
                        plain ? "%g" : "10^{%T}", from, to);
  if (to / from > 3000) return script;
  // A short axis shows few powers of ten, so put ticks at 1, 2, 5, 10, 20 …
  script += fmt::format("set {}tics (", name);
  const char* separator = "";
  for (double exponent = std::floor(std::log10(from)); std::pow(10, exponent) <= to; ++exponent) {
    for (const int digit : {1, 2, 5}) {
      const double tick = digit * std::pow(10, exponent);
      if (tick < from || tick > to) continue;
      const auto text =
          plain ? fmt::format("{:g}", tick) : fmt::format("{}·10^{{{}}}", digit, exponent);
      script += fmt::format("{}'{}' {}", separator, text, tick);
      separator = ", ";
    }
  }
  return script + ")\n";
}

// Writes the commands that every figure begins with.
void begin(Gnuplot& gnuplot, const std::string& title, const std::string& file, int height = 500) {
  gnuplot << "set terminal " << terminal(file, height) << "\n";
  if (file != "-") gnuplot << "set output " << quoted(file) << "\n";
  gnuplot << "set title " << quoted(title) << " noenhanced\n"
          << "set key outside top center horizontal\n"  // where it hides no data
          << "set tics nomirror\n";
  if (file != "-")  // colours that colour-blind readers can tell apart
    gnuplot << "set colorsequence podo\nset border 3\nset grid linetype 1 linecolor '#dddddd'\n";
}

void write(Gnuplot& gnuplot, const Figure& figure, const std::string& file) {
  begin(gnuplot, figure.title, file);
  gnuplot << "set style data linespoints\n"
          << axis('x', figure.x_label, figure.log_x, figure, file)
          << axis('y', figure.y_label, figure.log_y, figure, file);
  const bool in_terminal = file == "-";
  const char* separator = "plot ";
  for (const auto& series : figure.series) {
    gnuplot << separator << "'-' " << (in_terminal ? "" : "linewidth 2 pointtype 7 pointsize 0.8 ")
            << "title " << quoted(series.title + (in_terminal ? "  " : "")) << " noenhanced";
    separator = ", ";
  }
  gnuplot << "\n";
  for (const auto& series : figure.series) gnuplot.send1d(series.points);
}

void write(Gnuplot& gnuplot, const BarChart& chart, const std::string& file) {
  double max = 0;
  for (const auto& bar : chart.bars) max = std::max(max, bar.height);
  if (!std::isfinite(max) || max <= 0)
    throw std::runtime_error{fmt::format("cannot draw {}: no bars", file)};

  begin(gnuplot, chart.title, file);
  gnuplot << "unset key\nset ylabel " << quoted(chart.y_label) << " noenhanced\n"
          << fmt::format("set xrange [-0.7:{}]\n", static_cast<double>(chart.bars.size()) - 0.3)
          << fmt::format("set yrange [0:{}]\n", 1.1 * max)  // space for the texts
          << "set boxwidth 0.6\nset style fill solid\nset grid noxtics\nset xtics scale 0 (";
  const char* separator = "";
  for (std::size_t i = 0; i < chart.bars.size(); ++i) {
    gnuplot << separator << quoted(chart.bars[i].name) << " " << i;
    separator = ", ";
  }
  gnuplot << ") noenhanced\n";
  const double above = file == "-" ? 1 : 0.6;  // lines; only whole ones in the terminal
  for (std::size_t i = 0; i < chart.bars.size(); ++i)
    gnuplot << fmt::format("set label {} at {},{} center offset 0,{} noenhanced\n",
                           quoted(chart.bars[i].text), i, chart.bars[i].height, above);
  gnuplot << "plot '-' with boxes linecolor '#56b4e9'\n";
  std::vector<std::pair<std::size_t, double>> boxes;
  for (const auto& bar : chart.bars) boxes.emplace_back(boxes.size(), bar.height);
  gnuplot.send1d(boxes);
}

// Scales the picture down: each pixel is the mean of those it replaces.
std::vector<double> shrink(const Image& image, std::size_t columns, std::size_t rows) {
  const auto height = image.pixels.size() / image.width;
  std::vector<double> means;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const auto top = (row + 1) * height / rows;
      const auto right = (column + 1) * image.width / columns;
      double sum = 0, count = 0;
      for (auto y = row * height / rows; y < top; ++y) {
        for (auto x = column * image.width / columns; x < right; ++x, ++count)
          sum += image.pixels[y * image.width + x];
      }
      means.push_back(sum / count);
    }
  }
  return means;
}

void require_pixels(const Image& image, const std::string& file) {
  if (image.width == 0 || image.pixels.empty() || image.pixels.size() % image.width != 0)
    throw std::runtime_error{fmt::format("cannot draw {}: no whole rows of pixels", file)};
}

void write(Gnuplot& gnuplot, const Image& image, const std::string& file) {
  constexpr std::size_t limit = 1000;
  const auto columns = std::min(image.width, limit);
  const auto rows = std::min(image.pixels.size() / image.width, limit);
  const auto pixels = shrink(image, columns, rows);
  const auto [min, max] = std::ranges::minmax(pixels);
  begin(gnuplot, image.title, file, 800);
  const auto middle = [&](std::size_t count) {  // gnuplot places pixels by their centres
    const double step = (image.to - image.from) / static_cast<double>(count);
    return std::pair{image.from + step / 2, step};
  };
  const auto [x, dx] = middle(columns);
  const auto [y, dy] = middle(rows);
  gnuplot
      << "set size ratio -1\nunset key\nunset grid\nset tics out\n"
      << "set xlabel " << quoted(image.x_label) << "\nset ylabel " << quoted(image.y_label)
      << fmt::format("\nset xrange [{0}:{1}]\nset yrange [{0}:{1}]\nset cbrange [{2}:{3}]\n",
                     image.from, image.to, min, max)
      << "set palette defined (0 '#000004', 1 '#3b0f70', 2 '#8c2981', 3 '#de4968', 4 '#fe9f6d', 5 "
         "'#fcfdbf')\n"
      << fmt::format("plot '-' binary array=({},{}) format='%double' dx={} dy={} origin=({},{}) ",
                     columns, rows, dx, dy, x, y)
      << "with image\n";
  gnuplot.write(reinterpret_cast<const char*>(pixels.data()),
                static_cast<std::streamsize>(pixels.size() * sizeof pixels[0]));
}

// gnuplot cannot draw a picture with characters.
void print(const Image& image) {
  constexpr std::string_view shades = " .:-=+*#%@";
  const std::size_t columns = 80, rows = 40;
  const auto pixels = shrink(image, columns, rows);
  const auto [min, max] = std::ranges::minmax(pixels);
  fmt::print("{:^{}}\n", image.title, columns);
  for (std::size_t row = rows; row-- > 0;) {
    std::string line;
    for (std::size_t column = 0; column < columns; ++column) {
      const double share = (pixels[row * columns + column] - min) / std::max(max - min, 1e-9);
      line += shades[static_cast<std::size_t>(share * 0.999 * shades.size())];
    }
    fmt::print("{}\n", line);
  }
}

}  // namespace

void draw(const Figure& figure, const std::string& file) {
  if (!file.empty()) run_gnuplot([&](Gnuplot& gnuplot) { write(gnuplot, figure, file); }, file);
}

void draw(const BarChart& chart, const std::string& file) {
  if (!file.empty()) run_gnuplot([&](Gnuplot& gnuplot) { write(gnuplot, chart, file); }, file);
}

void draw(const Image& image, const std::string& file) {
  if (file.empty()) return;
  require_pixels(image, file);
  if (file == "-") return print(image);
  run_gnuplot([&](Gnuplot& gnuplot) { write(gnuplot, image, file); }, file);
}

}  // namespace lesson
