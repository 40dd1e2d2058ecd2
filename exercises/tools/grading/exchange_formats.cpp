#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>
#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

#include <grading/exchange_formats.hpp>
#include <grading/report_text.hpp>
#include <grading/text.hpp>

namespace grading {
namespace {

using boost::algorithm::replace_all_copy;
using harness::harmless;
using harness::readable;
using Kind = Outcome::Kind;

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

// Facts that JUnit has no element for.
std::string properties(const Grade& grade) {
  std::string text;
  for (const auto& [name, value] : std::initializer_list<std::pair<std::string_view, std::string>>{
           {"points", number(grade.points())},
           {"maximum", number(grade.of())},
           {"late", grade.is_late() ? "true" : "false"}})
    text += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, value);
  return "    <properties>\n" + text + "    </properties>\n";
}

}  // namespace

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
      const bool is_error = outcome.kind == Kind::grader_failed;
      (is_error ? errors : failures) = 1;
      const auto* const element = is_error ? "error" : "failure";
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
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n{}{}  "
        "</testsuite>\n",
        xml(name), tests, failures, errors, properties(grade), cases);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\">\n{}</testsuites>\n",
      xml(replace_all_copy(student.name, "\n", " ")), suites);
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

}  // namespace grading
