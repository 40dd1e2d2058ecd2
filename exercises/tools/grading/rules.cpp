#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <fmt/format.h>

#include <grading/rules.hpp>

namespace grading {
namespace {

namespace fs = std::filesystem;

Deadline read_deadline(const std::string& text) {
  for (const auto* format : {"%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), format, &parts);
    if (!end || *end != '\0') continue;
    const int day = parts.tm_mday;
    if (text.find('T') == text.npos) parts.tm_hour = 24;  // the end of that day
    auto same_day = parts;
    same_day.tm_hour = 12;
    parts.tm_isdst = same_day.tm_isdst = -1;
    std::mktime(&same_day);  // makes 2 March of 30 February
    if (same_day.tm_mday != day) break;
    return {std::mktime(&parts), text};
  }
  throw std::invalid_argument{"'" + text + "' is not a time like 2026-12-31 or 2026-12-31T18:00"};
}

double read_number(const std::string& text, double max) {
  std::size_t used = 0;
  double value = -1;
  try {
    value = std::stod(text, &used);
  } catch (const std::logic_error&) {
  }
  if (used != text.size() || !(value >= 0 && value <= max))
    throw std::invalid_argument{fmt::format("'{}' is not a number from 0 to {}", text, max)};
  return value;
}

Rule read_rule(const std::vector<std::string>& words) {
  if (words.size() < 2 || words.size() > 4)
    throw std::invalid_argument{"expected: NAME WEIGHT [DEADLINE [SHARE]]"};
  Rule rule;
  rule.weight = read_number(words[1], 1e6);
  if (words.size() > 2) rule.deadline = read_deadline(words[2]);
  if (words.size() > 3) rule.share_when_late = read_number(words[3], 1);
  return rule;
}

struct Line {
  std::vector<std::string> words;
  std::string after_third;  // a name may have spaces in it
};

Line split(const std::string& text) {
  Line line;
  std::istringstream stream{text};
  for (std::string word; stream >> word;) line.words.push_back(word);
  std::istringstream again{text};
  std::string first, second, third;
  again >> first >> second >> third >> std::ws;
  std::getline(again, line.after_third);
  line.after_third.erase(line.after_third.find_last_not_of(" \t\r") + 1);
  return line;
}

void add_extension(Rule& rule, const Line& line, const std::vector<std::string>& students) {
  if (line.words.size() < 4)
    throw std::invalid_argument{"expected: NAME extension DEADLINE STUDENT"};
  if (std::ranges::find(students, line.after_third) == students.end())
    throw std::invalid_argument{"there is no student '" + line.after_third + "'"};
  if (!rule.extensions.emplace(line.after_third, read_deadline(line.words[2])).second)
    throw std::invalid_argument{"a second extension for " + line.after_third};
}

}  // namespace

std::optional<Deadline> Rule::deadline_of(const std::string& student) const {
  const auto own = extensions.find(student);
  return own == extensions.end() ? deadline : own->second;
}

std::map<std::string, Rule> read_rules(const fs::path& file,
                                       const std::vector<harness::Facts>& exercises,
                                       const std::vector<std::string>& students) {
  std::ifstream stream{file};
  std::error_code error;
  if (!stream || !fs::is_regular_file(file, error))
    throw std::invalid_argument{"cannot read the weights in " + file.string()};
  std::map<std::string, Rule> rules;
  std::string text;
  for (int number = 1; std::getline(stream, text); ++number) {
    if (number == 1 && text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);  // a byte-order mark
    const auto line = split(text.substr(0, text.find('#')));
    if (line.words.empty()) continue;
    const auto& name = line.words[0];
    try {
      if (std::ranges::find(exercises, name, &harness::Facts::name) == exercises.end())
        throw std::invalid_argument{"there is no exercise '" + name + "'"};
      if (line.words.size() > 1 && line.words[1] == "extension") {
        if (!rules.contains(name))
          throw std::invalid_argument{"an extension must come below the line with the weight of " +
                                      name};
        add_extension(rules[name], line, students);
      } else if (!rules.emplace(name, read_rule(line.words)).second) {
        throw std::invalid_argument{"a second line for " + name};
      }
    } catch (const std::invalid_argument& problem) {
      throw std::invalid_argument{fmt::format("{}:{}: {}", file.string(), number, problem.what())};
    }
  }
  if (rules.empty()) throw std::invalid_argument{file.string() + " names no exercise"};
  return rules;
}

}  // namespace grading
