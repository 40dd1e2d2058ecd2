#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <fmt/format.h>

#include <grading/submissions.hpp>
#include <mp/file_descriptor.hpp>

namespace grading {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_bytes = 256 << 10;

std::time_t read_time(const std::string& text) {
  for (const auto* format : {"%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), format, &parts);
    if (!end || *end != '\0') continue;
    if (text.find('T') == text.npos) parts.tm_hour = 24;  // the end of that day
    parts.tm_isdst = -1;
    return std::mktime(&parts);
  }
  throw std::invalid_argument{"'" + text + "' is not a time like 2026-12-31 or 2026-12-31T18:00"};
}

double read_number(const std::string& text, double most) {
  std::size_t used = 0;
  double value = -1;
  try {
    value = std::stod(text, &used);
  } catch (const std::logic_error&) {
  }
  if (used != text.size() || !(value >= 0 && value <= most))
    throw std::invalid_argument{fmt::format("'{}' is not a number from 0 to {}", text, most)};
  return value;
}

Rule read_rule(const std::vector<std::string>& words) {
  if (words.size() < 2 || words.size() > 4)
    throw std::invalid_argument{"expected: NAME WEIGHT [DEADLINE [SHARE]]"};
  Rule rule;
  rule.weight = read_number(words[1], 1e6);
  if (words.size() > 2) rule.deadline = read_time(words[2]);
  if (words.size() > 3) rule.share_when_late = read_number(words[3], 1);
  return rule;
}

void refuse(Submission& submission, std::error_code error) {
  submission.refusal = "cannot be read: " + error.message();
  submission.forbidden = error == std::errc::permission_denied || error == std::errc::io_error;
}

std::error_code last_error() { return {errno, std::generic_category()}; }

// Reads the whole file, or records why not.
void take(const fs::path& path, Submission& submission) {
  // Without blocking, because it might be a pipe without a writer.
  const mp::FileDescriptor file{
      ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) == -1) {
    refuse(submission, last_error());
    return;
  }
  submission.time = status.st_mtime;
  if (!S_ISREG(status.st_mode)) {
    submission.refusal = "is not a regular file";
    return;
  }
  std::string text(most_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto part =
        mp::retry([&] { return ::read(file.get(), text.data() + size, text.size() - size); });
    if (part == -1) {
      refuse(submission, last_error());
      return;
    }
    if (part == 0) break;
    size += static_cast<std::size_t>(part);
  }
  if (size > most_bytes) {
    submission.refusal = "is larger than 256 KiB";
    return;
  }
  text.resize(size);
  submission.source = std::move(text);
}

Submission look_at(const fs::path& student, const fs::path& name) {
  Submission submission{.file = name.string(), .source = {}, .refusal = {}, .ignored = {}};
  std::error_code error;
  const auto root = fs::canonical(student, error);
  const auto path = error ? root : fs::canonical(student / name, error);
  if (error) {
    refuse(submission, error);
  } else if (const auto inside = path.lexically_relative(root); inside.string().starts_with("..")) {
    submission.refusal = "leads out of the student's folder";
  } else {
    take(path, submission);
  }
  return submission;
}

}  // namespace

std::map<std::string, Rule> read_rules(const fs::path& file,
                                       const std::vector<harness::Facts>& exercises) {
  std::ifstream stream{file};
  std::error_code error;
  if (!stream || !fs::is_regular_file(file, error))
    throw std::invalid_argument{"cannot read the weights in " + file.string()};
  std::map<std::string, Rule> rules;
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    std::istringstream stripped{line.substr(0, line.find('#'))};
    std::vector<std::string> words;
    for (std::string word; stripped >> word;) words.push_back(word);
    if (words.empty()) continue;
    try {
      if (std::ranges::find(exercises, words[0], &harness::Facts::name) == exercises.end())
        throw std::invalid_argument{"there is no exercise '" + words[0] + "'"};
      if (!rules.emplace(words[0], read_rule(words)).second)
        throw std::invalid_argument{"a second line for " + words[0]};
    } catch (const std::invalid_argument& problem) {
      throw std::invalid_argument{fmt::format("{}:{}: {}", file.string(), number, problem.what())};
    }
  }
  if (rules.empty()) throw std::invalid_argument{file.string() + " names no exercise"};
  return rules;
}

std::vector<std::string> students_in(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw std::invalid_argument{"there is no folder " + folder.string()};
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{folder}) {
    const auto name = entry.path().filename().string();
    std::error_code broken_link;
    if (entry.is_directory(broken_link) && !name.starts_with('.') && name != "__MACOSX")
      names.push_back(name);
  }
  if (names.empty())
    throw std::invalid_argument{"expected one folder for each student in " + folder.string() +
                                ", but there is none"};
  std::ranges::sort(names);
  return names;
}

Submission find_submission(const fs::path& student, const std::string& exercise) {
  const auto name = exercise + ".cpp";
  std::optional<Submission> found;
  for (const auto& place :
       {fs::path{name}, fs::path{exercise} / name, fs::path{"exercises"} / exercise / name}) {
    std::error_code error;
    const auto status = fs::symlink_status(student / place, error);
    if (status.type() == fs::file_type::not_found) continue;
    auto other = look_at(student, place);
    if (!found)
      found = std::move(other);
    else if (other.source != found->source)
      found->ignored = other.file;
  }
  return found.value_or(Submission{});
}

}  // namespace grading
