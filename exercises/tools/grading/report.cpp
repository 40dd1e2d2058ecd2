#include <algorithm>
#include <numeric>
#include <sstream>
#include <boost/algorithm/string/replace.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <grading/report.hpp>
#include <grading/text.hpp>

namespace grading {
namespace {

using boost::algorithm::replace_all_copy;
using harness::harmless;
using harness::readable;
using Kind = Outcome::Kind;

// ---- Texts for the reader ----

// An exercise has either tests with points or one reason why there are none.
std::string reason(const Grade& grade) {
  const auto& name = grade.exercise->name;
  const auto& file = grade.submission.file;
  switch (grade.outcome.kind) {
    case Kind::missing:
      return fmt::format("There is no {0}.cpp, {0}/{0}.cpp or exercises/{0}/{0}.cpp.\n", name);
    case Kind::unchanged:
      return fmt::format("{} is unchanged.\n", file);
    case Kind::refused:
      return fmt::format("{} {}.\n", file, grade.submission.refusal);
    case Kind::not_compiled:
      return fmt::format("{} does not compile. Fix the first error first.\n\n{}", file,
                         grade.outcome.text);
    case Kind::trouble:
      return "This could not be graded, which is not the student's fault.\n\n" + grade.outcome.text;
    case Kind::stopped:
    case Kind::examined:
      break;
  }
  return grade.outcome.text;
}

std::string remarks(const Grade& grade) {
  std::string text;
  if (grade.outcome.kind == Kind::missing) return text;
  if (grade.is_late())
    text += fmt::format(
        "Late: changed at {:%Y-%m-%d %H:%M}, after {:%Y-%m-%d %H:%M}. It gets {} "
        "of its points.\n",
        fmt::localtime(grade.submission.time), fmt::localtime(*grade.rule.deadline),
        number(grade.rule.share_when_late));
  if (!grade.submission.ignored.empty())
    text += fmt::format("{} was graded. {} differs and was ignored.\n", grade.submission.file,
                        grade.submission.ignored);
  return text;
}

std::string score(double points, double of) {
  return fmt::format("{} of {} points", number(points), number(of));
}

// ---- Markdown ----

// Escapes everything that has a meaning in Markdown.
std::string plain(const std::string& text) {
  std::string result;
  for (const char c : harmless(text)) {
    if (c == '\n' || c == '\t') continue;
    if (std::string_view{"\\`*_{}[]<>()#+-.!|&~"}.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

// Formats as code, which only a line without the margin can end.
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

// ---- JSON and XML ----

std::string json(const std::string& text) {
  std::string result = "\"";
  for (const char c : harmless(text)) {
    if (c == '\n')
      result += "\\n";
    else if (c == '"' || c == '\\')
      result += {'\\', c};
    else
      result += c;
  }
  return result + '"';
}

std::string gradescope(const Student& student) {
  std::vector<std::string> tests;
  const auto add = [&](const Grade& grade, const std::string& name, double points, double of,
                       bool passed, const std::string& output) {
    tests.push_back(fmt::format(
        R"(    {{"name": {}, "score": {}, "max_score": {}, "status": "{}", "output": {}}})",
        json(grade.exercise->name + name), number(points), number(of), passed ? "passed" : "failed",
        json(remarks(grade) + output)));
  };
  for (const auto& grade : student.grades) {
    if (grade.outcome.kind != Kind::examined) {
      add(grade, "", 0, grade.of(), false, reason(grade));
      continue;
    }
    for (const auto& test : grade.outcome.verdict.results)
      add(grade, ": " + readable(test.name), grade.factor() * test.points,
          grade.rule.weight * test.of, test.full(), test.explanation);
  }
  return fmt::format("{{\n  \"score\": {},\n  \"output\": {},\n  \"tests\": [\n{}\n  ]\n}}\n",
                     number(student.points()), json(score(student.points(), student.of())),
                     fmt::join(tests, ",\n"));
}

std::string xml(const std::string& text) {
  std::string result;
  for (const char c : harmless(text)) switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  return result;
}

std::string junit(const Student& student) {
  std::string suites;
  for (const auto& grade : student.grades) {
    const auto& name = grade.exercise->name;
    const auto& outcome = grade.outcome;
    const auto testcase = [&](const std::string& test, const std::string& problem) {
      return fmt::format("    <testcase classname=\"{}\" name=\"{}\"{}>\n", xml(name), xml(test),
                         problem.empty() ? "/" : ">" + problem + "</testcase");
    };
    std::string cases;
    std::size_t tests = 1, failures = 0, errors = 0;
    if (outcome.kind != Kind::examined) {
      const bool trouble = outcome.kind == Kind::trouble;
      (trouble ? errors : failures) = 1;
      const auto* const element = trouble ? "error" : "failure";
      cases = testcase("examination",
                       fmt::format("<{0} message=\"0 of {1} points\">{2}</{0}>", element,
                                   number(grade.of()), xml(remarks(grade) + reason(grade))));
    } else {
      tests = outcome.verdict.results.size();
      for (const auto& test : outcome.verdict.results) {
        std::string failure;
        if (!test.full()) {
          ++failures;
          failure = fmt::format("<failure message=\"0 of {} points\">{}</failure>",
                                number(grade.rule.weight * test.of),
                                xml(remarks(grade) + test.explanation));
        }
        cases += testcase(readable(test.name), failure);
      }
    }
    suites += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n{}  </testsuite>\n",
        xml(name), tests, failures, errors, cases);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\">\n{}</testsuites>\n",
      xml(replace_all_copy(student.name, "\n", " ")), suites);
}

std::string cell(const std::string& original) {
  auto text = harmless(original);
  if (text.find_first_of(",\"\n\r") == text.npos) return text;
  return '"' + replace_all_copy(text, "\"", "\"\"") + '"';
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

void write_class(const std::filesystem::path& file, const std::vector<Student>& students) {
  std::string text = "student";
  for (const auto& grade : students.at(0).grades) text += ',' + cell(grade.exercise->name);
  text += ",total\n";
  for (const auto& student : students) {
    text += cell(student.name);
    for (const auto& grade : student.grades) text += ',' + number(grade.points());
    text += ',' + number(student.points()) + '\n';
  }
  write_file(file, text);
}

}  // namespace grading
