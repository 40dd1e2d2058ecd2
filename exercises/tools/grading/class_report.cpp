#include <algorithm>
#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>
#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

#include <grading/class_report.hpp>
#include <grading/report_text.hpp>
#include <grading/text.hpp>

namespace grading {
namespace {

using Kind = Outcome::Kind;

// A cell with any text. A spreadsheet treats text that begins with certain characters as a formula,
// even in quotes, so an apostrophe precedes it. Digits in quotes can be imported as text.
std::string cell(const std::string& original) {
  auto text = harness::harmless(original);
  if (!text.empty() && std::string_view{"=+-@"}.find(text[0]) != std::string_view::npos)
    text.insert(0, "'");
  const bool digits = !text.empty() && text.find_first_not_of("0123456789.") == text.npos;
  if (!digits && text.find_first_of(",\"\n\r") == text.npos) return text;
  return '"' + boost::algorithm::replace_all_copy(text, "\"", "\"\"") + '"';
}

// Returns why points are missing, in a few words; empty if only tests failed.
std::string mark(const Grade& grade) {
  switch (grade.outcome.kind) {
    case Kind::missing:
      return "missing";
    case Kind::unchanged:
      return "unchanged";
    case Kind::refused:
      return "refused";
    case Kind::not_compiled:
      return grade.is_late() ? "late, does not compile" : "does not compile";
    case Kind::stopped:
      return "stopped";
    case Kind::grader_failed:
      return "could not be graded";
    case Kind::examined:
      break;
  }
  return grade.is_late() ? "late" : "";
}

// The class's results in one exercise.
struct Summary {
  std::size_t handed_in = 0, late = 0, full = 0;
  double points = 0;
  std::vector<std::pair<std::string, std::size_t>> failed;  // tests, those failed most first
};

Summary summary_of(const std::vector<Student>& students, std::size_t exercise) {
  Summary summary;
  for (const auto& test : students[0].grades[exercise].exercise->tests)
    summary.failed.emplace_back(test.name, 0);
  for (const auto& student : students) {
    const auto& grade = student.grades[exercise];
    const auto kind = grade.outcome.kind;
    if (kind == Kind::missing || kind == Kind::unchanged) continue;
    ++summary.handed_in;
    summary.late += grade.is_late();
    summary.points += grade.points();
    summary.full += kind == Kind::examined && grade.outcome.verdict.full();
    for (const auto& result : grade.outcome.verdict.results)
      if (!result.full())
        ++std::ranges::find(summary.failed, result.name,
                            &std::pair<std::string, std::size_t>::first)
              ->second;
  }
  std::erase_if(summary.failed, [](const auto& test) { return test.second == 0; });
  std::ranges::stable_sort(summary.failed, std::greater{},
                           &std::pair<std::string, std::size_t>::second);
  return summary;
}

}  // namespace

std::string grades_table(const std::vector<Student>& students) {
  std::string text = "student", maxima = "(maximum)";
  for (const auto& grade : students.at(0).grades) {
    text += ',' + cell(grade.exercise->name);
    maxima += ',' + number(grade.of());
  }
  text += ",total,remarks\n" + maxima + ',' + number(students[0].of()) + ",\n";
  for (const auto& student : students) {
    text += cell(student.name);
    std::string remarks;
    for (const auto& grade : student.grades) {
      text += ',' + number(grade.points());
      if (const auto own = mark(grade); !own.empty())
        remarks += (remarks.empty() ? "" : "; ") + grade.exercise->name + ": " + own;
    }
    text += ',' + number(student.points()) + ',' + cell(remarks) + '\n';
  }
  return text;
}

std::string class_page(const std::vector<Student>& students,
                       const std::vector<std::string>& unassigned) {
  std::string text = fmt::format(
      "# The class\n\n{} students\n\n| exercise | handed in | late | all points | points on "
      "average "
      "|\n| --- | --- | --- | --- | --- |\n",
      students.size());
  std::string failed, marks;
  const auto& exercises = students.at(0).grades;
  for (std::size_t i = 0; i < exercises.size(); ++i) {
    const auto summary = summary_of(students, i);
    const auto name = plain(exercises[i].exercise->name);
    const auto average =
        summary.handed_in == 0 ? 0 : summary.points / static_cast<double>(summary.handed_in);
    text += fmt::format("| {} | {} | {} | {} | {} of {} |\n", name, summary.handed_in, summary.late,
                        summary.full, number(average), number(exercises[i].of()));
    for (const auto& [test, times] : summary.failed)
      failed += fmt::format("| {} | {} | {} of {} |\n", name, plain(harness::readable(test)), times,
                            summary.handed_in);
  }
  for (const auto& student : students)
    for (const auto& grade : student.grades)
      if (const auto own = mark(grade); !own.empty())
        marks += fmt::format("| {} | {} | {} |\n", plain(student.name), plain(grade.exercise->name),
                             own);
  if (!failed.empty())
    text += "\n## Failed tests\n\n| exercise | test | failed |\n| --- | --- | --- |\n" + failed;
  if (!marks.empty())
    text +=
        "\n## Missing, late and not examined\n\n| student | exercise | |\n| --- | --- | --- |\n" +
        marks;
  if (!unassigned.empty()) {
    text += "\n## Belongs to no student\n\n";
    for (const auto& name : unassigned) text += "- " + plain(name) + '\n';
  }
  return text;
}

}  // namespace grading
