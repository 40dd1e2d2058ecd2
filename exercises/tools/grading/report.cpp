#include <numeric>
#include <sstream>
#include <fmt/format.h>

#include <grading/exchange_formats.hpp>
#include <grading/report.hpp>
#include <grading/report_text.hpp>
#include <grading/text.hpp>

namespace grading {
namespace {

using harness::harmless;
using harness::readable;
using Kind = Outcome::Kind;

// Formats text as code. Only a line without the margin could end it.
std::string code(const std::string& text, const std::string& margin = "    ") {
  std::istringstream lines{harmless(text)};
  std::string result = "\n";
  for (std::string line; std::getline(lines, line);)
    result += line.empty() ? "\n" : margin + line + '\n';
  return result + '\n';
}

std::string page(const Student& student) {
  std::string text = fmt::format("# {}\n\n**{}**\n\n| exercise | points |\n| --- | --- |\n",
                                 plain(student.name), score(student.points(), student.of()));
  for (const auto& grade : student.grades)
    text += fmt::format("| {} | {} of {} |\n", plain(grade.exercise->name), number(grade.points()),
                        number(grade.of()));
  for (const auto& grade : student.grades) {
    text += fmt::format("\n## {}: {}\n\n{}\n", plain(grade.exercise->name),
                        score(grade.points(), grade.of()), plain(grade.exercise->title));
    if (const auto remark = remarks(grade); !remark.empty()) text += code(remark);
    if (grade.outcome.kind != Kind::examined) {
      text += code(reason(grade));
      continue;
    }
    text += '\n';
    for (const auto& test : grade.outcome.verdict.results) {
      const auto points = fmt::format("{} of {}", number(grade.factor() * test.points),
                                      number(grade.rule.weight * test.of));
      text += fmt::format("- {}: {}\n", test.full() ? points : "**" + points + "**",
                          plain(readable(test.name)));
      if (!test.full()) text += code(test.explanation, "      ");
    }
  }
  return text;
}

}  // namespace

double Student::points() const {
  return std::accumulate(grades.begin(), grades.end(), 0.0,
                         [](double sum, const Grade& grade) { return sum + grade.points(); });
}

double Student::of() const {
  return std::accumulate(grades.begin(), grades.end(), 0.0,
                         [](double sum, const Grade& grade) { return sum + grade.of(); });
}

void write_student(const std::filesystem::path& folder, const Student& student) {
  std::filesystem::create_directories(folder);
  write_file(folder / "report.md", page(student));
  write_file(folder / "junit.xml", junit(student));
  write_file(folder / "results.json", gradescope(student));
}

}  // namespace grading
