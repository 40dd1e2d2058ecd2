#pragma once

#include <string>
#include <utility>
#include <vector>

// Figures, drawn by gnuplot (through gnuplot-iostream, which stays in figure.cpp).

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

/// Draws lines with points. `file` ends in .svg or .png, or is "-" for characters in the terminal;
/// nothing is drawn when it is empty. Throws std::runtime_error when gnuplot or the file fails.
void draw(const Figure& figure, const std::string& file);

}  // namespace lesson
