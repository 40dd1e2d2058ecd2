#include <iostream>
#include <sstream>
#include <string>

#include <lesson/figure.hpp>

// Draws how times grow. draw_growth FILE.svg reads tab-separated lines: title and axes, then
// "series" with a name and the points for each line of the figure.
int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: draw_growth FILE.svg\n";
    return 2;
  }
  lesson::Figure figure;
  figure.log_x = figure.log_y = true;
  std::string line;
  std::getline(std::cin, line);
  std::istringstream head{line};
  std::getline(head, figure.title, '\t');
  std::getline(head, figure.x_label, '\t');
  std::getline(head, figure.y_label);
  while (std::getline(std::cin, line)) {
    const auto tab = line.find('\t');
    if (line.starts_with("series\t")) {
      figure.series.push_back({line.substr(tab + 1), {}});
    } else {
      figure.series.back().points.emplace_back(std::stod(line), std::stod(line.substr(tab + 1)));
    }
  }
  try {
    lesson::draw(figure, argv[1]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
