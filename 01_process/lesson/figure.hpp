#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

// Figures, drawn by gnuplot.

namespace lesson {

/// One line of a figure: (x, y) points, in order.
struct Series {
  std::string title;
  std::vector<std::pair<double, double>> points;
};

struct Figure {
  std::string title, x_label, y_label;
  std::vector<Series> series;
  bool log_x = false, log_y = false;
};

/// Bars side by side, each with its name below and a text above.
struct Bar {
  std::string name;
  double height;
  std::string text;
};

struct BarChart {
  std::string title, y_label;
  std::vector<Bar> bars;
};

/// A picture of numbers: `width` of them in a row, the lowest row first. Both axes go from `from`
/// to `to`. Details too fine to be seen are averaged.
struct Image {
  std::string title, x_label, y_label;
  double from, to;
  std::size_t width;
  std::span<const std::uint8_t> pixels;
};

/// Draws lines with points, bars, or a picture. `file` ends in .svg or .png,
/// or is "-" for characters in the terminal; nothing is drawn when it is empty. Throws
/// std::runtime_error when gnuplot or the file fails.
void draw(const Figure& figure, const std::string& file);
void draw(const BarChart& chart, const std::string& file);
void draw(const Image& image, const std::string& file);

}  // namespace lesson
