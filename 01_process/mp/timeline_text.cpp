#include <algorithm>
#include <array>
#include <cstdio>
#include <span>
#include <string>
#include <utility>

#include <mp/timeline_report.hpp>

// A timeline in characters, for a terminal and for readers who cannot see the picture.

namespace mp::detail {
namespace {

using Report = TimelineReport;

constexpr std::size_t columns = 64, max_rows = 40, max_lines = 60;

// The time of each step within one column of a row.
using Shares = std::array<double, step_kinds>;

constexpr char runs = '=';

char letter(const Shares& shares, double whole) {
  const auto share = [&](const SpanName& name) {
    return shares[static_cast<std::size_t>(name.step)];
  };
  const std::span waits{span_names.begin() + first_wait, span_names.end()};
  double waiting = 0;
  for (const auto& wait : waits) waiting += share(wait);
  if (waiting >= whole / 2) return std::ranges::max_element(waits, {}, share)->letter;
  for (const auto step : {Step::holds, Step::works})
    if (share(name_of(step)) >= whole / 2) return name_of(step).letter;
  return runs;
}

class TextWriter {
 public:
  explicit TextWriter(const Report& report) : report_{report} {
    for (const auto& row : report.rows) name_width_ = std::max(name_width_, row.name.size());
    name_width_ = std::min<std::size_t>(name_width_, 24);
  }

  std::string run() {
    text_ = "Timeline of " + time(report_.end) + ", from left to right:\n\n";
    const auto shown = std::min(report_.rows.size(), max_rows);
    for (std::size_t row = 0; row < shown; ++row) add_row(row);
    if (shown < report_.rows.size())
      text_ += "… and " + std::to_string(report_.rows.size() - shown) + " more\n";
    add_legend();
    add_steps();
    if (report_.missing_events > 0)
      text_ += "\n" + std::to_string(report_.missing_events) +
               " earlier events are missing, because there was no space for them.\n";
    if (report_.missing_processes > 0)
      text_ += "\n" + std::to_string(report_.missing_processes) + " more processes are missing.\n";
    return std::move(text_);
  }

 private:
  // The time since the beginning, in a unit that suits the whole timeline.
  std::string time(std::int64_t at) const {
    const double total = static_cast<double>(report_.end - report_.begin);
    const auto [unit, name] = total < 1e6    ? std::pair{1e3, "µs"}
                              : total < 10e9 ? std::pair{1e6, "ms"}
                                             : std::pair{1e9, "s"};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f %s", total / unit < 100 ? 2 : 1,
                  static_cast<double>(at - report_.begin) / unit, name);
    return text.data();
  }

  double column_of(std::int64_t at) const {
    return static_cast<double>(at - report_.begin) /
           static_cast<double>(report_.end - report_.begin) * columns;
  }

  void add_row(std::size_t number) {
    const auto& row = report_.rows[number];
    std::array<Shares, columns> shares{};
    const auto from = column_of(row.begin), to = column_of(row.end);
    for (const auto& span : report_.spans) {
      if (span.row != number) continue;
      const auto begin = column_of(span.begin), end = column_of(span.end);
      for (auto column = index(begin); column <= index(end); ++column)
        shares[column][static_cast<std::size_t>(span.step)] += overlap(column, begin, end);
    }
    std::string line(columns, ' ');
    for (auto column = index(from); column <= index(to); ++column)
      line[column] = letter(shares[column], overlap(column, from, to));
    if (row.killed) line[index(to)] = 'X';
    auto name = row.name.substr(0, name_width_);
    name.resize(name_width_ + 2, ' ');
    text_ += name + line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }

  // The meanings of the letters that may occur.
  void add_legend() {
    std::string line = "\n= runs";
    const auto add = [&](char letter, const std::string& words) {
      if (line.size() + words.size() > 80) {
        text_ += line + "\n";
        line.clear();
      } else {
        line += "   ";
      }
      line += letter + (" " + words);
    };
    for (const auto& name : span_names)
      if (std::ranges::find(report_.spans, name.step, &Report::Span::step) != report_.spans.end())
        add(name.letter, name.words);
    if (std::ranges::any_of(report_.rows, &Report::Row::killed)) add('X', "killed");
    text_ += line + "\n\n";
  }

  static std::size_t index(double column) {
    return std::min(static_cast<std::size_t>(std::max(column, 0.0)), columns - 1);
  }
  static double overlap(std::size_t column, double begin, double end) {
    const auto left = static_cast<double>(column);
    return std::max(0.0, std::min(end, left + 1) - std::max(begin, left));
  }

  void add_steps() {
    std::vector<std::pair<std::int64_t, std::string>> steps;
    const auto name = [&](std::size_t row) { return report_.rows[row].name; };
    for (const auto& span : report_.spans)
      if (span.open)
        steps.emplace_back(span.end, name(span.row) + " still " + name_of(span.step).words +
                                         ", since " + time(span.begin));
    for (const auto& row : report_.rows) {
      if (row.thread != 0) continue;
      if (row.place != 0) steps.emplace_back(row.begin, row.name + " begins");
      if (row.killed)
        steps.emplace_back(row.end, row.name + " is ended: " + row.ending);
      else if (!row.ending.empty())
        steps.emplace_back(row.end, row.name + " ends with " + row.ending);
    }
    for (const auto& arrow : report_.arrows) {
      const auto from = name(arrow.from), to = name(arrow.to);
      switch (arrow.kind) {
        case Report::Arrow::message:
          steps.emplace_back(arrow.sent,
                             from + " sends; " + to + " receives it at " + time(arrow.arrived));
          break;
        case Report::Arrow::task:
          steps.emplace_back(arrow.sent, from + " gives a task to " + to + ", which begins it at " +
                                             time(arrow.arrived));
          break;
        case Report::Arrow::result:
          steps.emplace_back(
              arrow.sent, from + " has the result; " + to + " takes it at " + time(arrow.arrived));
          break;
        case Report::Arrow::start:
          steps.emplace_back(arrow.sent, from + " starts " + to);
          break;
        case Report::Arrow::join:
          steps.emplace_back(arrow.arrived, to + " joins " + from);
          break;
        case Report::Arrow::signal:
          steps.emplace_back(arrow.sent, from + " sends a signal to " + to);
          break;
      }
    }
    std::ranges::stable_sort(steps, {}, [](const auto& step) { return step.first; });
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (steps.size() > max_lines && i == max_lines / 2) {
        const auto left_out = steps.size() - max_lines;
        text_ += "          … " + std::to_string(left_out) + " more steps …\n";
        i += left_out;
      }
      auto when = time(steps[i].first);
      when.insert(0, when.size() < 12 ? 12 - when.size() : 0, ' ');
      text_ += when + "  " + steps[i].second + "\n";
    }
  }

  const Report& report_;
  std::size_t name_width_ = 0;
  std::string text_;
};

}  // namespace

std::string to_text(const TimelineReport& report) { return TextWriter{report}.run(); }

}  // namespace mp::detail
