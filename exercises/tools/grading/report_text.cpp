#include <string_view>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <grading/report_text.hpp>
#include <grading/text.hpp>

namespace grading {

using Kind = Outcome::Kind;

// An exercise has either tests with points or one reason why there are none.
std::string reason(const Grade& grade) {
  const auto& name = grade.exercise->name;
  const auto& file = grade.submission.file;
  switch (grade.outcome.kind) {
    case Kind::missing:
      return fmt::format("There is no {}.cpp{}\n", name,
                         grade.submission.found.empty()
                             ? "."
                             : " in any folder or archive. Found: " + grade.submission.found + ".");
    case Kind::unchanged:
      return fmt::format("{} is unchanged.\n", file);
    case Kind::refused:
      return fmt::format("{} {}.\n", file, grade.submission.refusal);
    case Kind::not_compiled:
      return fmt::format("{} does not compile. Fix the first error first.\n\n{}", file,
                         grade.outcome.text);
    case Kind::grader_failed:
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
    text += fmt::format("Late: changed at {:%Y-%m-%d %H:%M}, after {}. It gets {} of its points.\n",
                        fmt::localtime(grade.submission.time), grade.deadline->text,
                        number(grade.rule.share_when_late));
  if (!grade.submission.ignored.empty())
    text += fmt::format("{} was graded. {} differs and was ignored.\n", grade.submission.file,
                        grade.submission.ignored);
  return text;
}

std::string score(double points, double of) {
  return fmt::format("{} of {} points", number(points), number(of));
}

std::string plain(const std::string& text) {
  std::string result;
  for (const char c : harness::harmless(text)) {
    if (c == '\n' || c == '\t') continue;
    if (std::string_view{"\\`*_{}[]<>()#+-.!|&~"}.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

}  // namespace grading
