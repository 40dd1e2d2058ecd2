#pragma once

#include <functional>
#include <string>
#include <gnuplot-iostream.h>

// Runs gnuplot, for the files that draw. Slow to compile.

namespace lesson {

/// Returns the text in single quotes, escaped for gnuplot.
std::string quoted(std::string text);

/// The width of a picture, unless another one is wanted.
constexpr int normal_width = 800;

/// Returns gnuplot's terminal for a file, by its ending. Height and width are those of an SVG
/// image.
std::string terminal(const std::string& file, int height, int width = normal_width);

/// Runs gnuplot with the commands and data that `write` writes. Throws std::runtime_error when
/// gnuplot is not installed or fails.
void run_gnuplot(const std::function<void(Gnuplot&)>& write, const std::string& file);

}  // namespace lesson
