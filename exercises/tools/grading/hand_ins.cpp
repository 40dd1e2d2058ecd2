#include <algorithm>
#include <regex>
#include <stdexcept>

#include <grading/archive.hpp>
#include <grading/hand_ins.hpp>

namespace grading {

namespace fs = std::filesystem;

HandIns::HandIns(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw std::invalid_argument{"there is no folder " + folder.string()};
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator{folder}) paths.push_back(entry.path());
  std::ranges::sort(paths);
  for (const auto& path : paths) {
    const auto name = path.filename().string();
    if (name.starts_with('.') || name == "__MACOSX") continue;
    std::error_code broken_link;
    if (fs::is_directory(path, broken_link))
      add_folder(path);
    else
      add_file(path);
  }
  if (students_.empty())
    throw std::invalid_argument{"expected one folder for each student in " + folder.string() +
                                ", but there is none"};
}

std::vector<std::string> HandIns::names() const {
  std::vector<std::string> all;
  for (const auto& [name, places] : students_) all.push_back(name);
  return all;
}

void HandIns::add_folder(const fs::path& path) {
  static const std::regex moodle{"(.+_[0-9]+)_assignsubmission_(file|onlinetext)_?"};
  const auto name = path.filename().string();
  std::smatch parts;
  students_[std::regex_match(name, parts, moodle) ? parts[1].str() : name].folders.push_back(path);
}

void HandIns::add_file(const fs::path& path) {
  static const std::regex moodle{"(.+_[0-9]+)_assignsubmission_(?:file|onlinetext)_(.+)"};
  // Canvas puts a number before the extension when a file was handed in again.
  static const std::regex canvas{"([^_]+)_(?:LATE_)?([0-9]+)_[0-9]+_(.+?)(?:-[0-9]+)?(\\.[^-]+)"};
  const auto name = path.filename().string();
  std::smatch parts;
  std::error_code broken_link;
  if (!fs::is_regular_file(path, broken_link)) return unassigned_.push_back(name);
  if (std::regex_match(name, parts, moodle))
    students_[parts[1]].files.push_back({parts[2], path});
  else if (std::regex_match(name, parts, canvas))
    students_[parts[1].str() + "_" + parts[2].str()].files.push_back(
        {parts[3].str() + parts[4].str(), path});
  else if (is_archive(path))
    students_[name.substr(0, name.find('.', 1))].files.push_back({name, path});
  else
    unassigned_.push_back(name);
}

}  // namespace grading
