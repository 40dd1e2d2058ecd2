// Fails: nothing_is_left_behind
// Told: left.txt
#include <filesystem>
#include <fstream>

#include "exit_codes.hpp"

// A temporary file outlives the program.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>&, double) {
  std::ofstream{std::filesystem::temp_directory_path() / "left.txt"} << "left";
  return {};
}
