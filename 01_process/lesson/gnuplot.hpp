#pragma once

#include <functional>
#include <string>
#include <gnuplot-iostream.h>

// Talking to gnuplot, for the files that draw. Slow to compile.

namespace lesson {

/// A text as gnuplot reads it between single quotes.
std::string quoted(std::string text);

/// The terminal for a file: its ending says which. The height is that of an SVG image, which is 800
/// wide.
std::string terminal(const std::string& file, int height);

/// Runs gnuplot, for which `write` writes commands and data. Throws std::runtime_error when it is
/// not installed, or fails.
void run_gnuplot(const std::function<void(Gnuplot&)>& write, const std::string& file);

}  // namespace lesson
