#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>
#include <fmt/format.h>

#include <lesson/gnuplot.hpp>
#include <lesson/timeline.hpp>

namespace lesson {
namespace {

// The look of an activity. Patterns tell activities apart without colours; heights say which one
// matters more.
struct Look {
  std::string_view what, fill, colour;
  double height;             // of a row that is 1 high
  std::string_view forever;  // the label of a wait without an end
};
constexpr std::array looks{
    Look{"runs", "solid 1", "#a8d8f0", 0.44, ""},
    Look{"works on a task", "solid 1", "#0072b2", 0.44, ""},
    Look{"holds a lock", "solid 1", "#e69f00", 0.64, ""},
    Look{"waits to receive", "pattern 4", "#007a58", 0.44, "nothing comes"},
    Look{"waits to send", "pattern 5", "#c04000", 0.44, "nothing is received"},
    Look{"waits for a lock", "pattern 2", "#a06000", 0.44, "it is not released"},
    Look{"waits for a child", "pattern 6", "#777777", 0.2, "it does not end"},
};
constexpr std::size_t runs = 0, works = 1, holds = 2, first_wait = 3;

// More than this would be unreadable, and the file large.
constexpr std::size_t most_rows = 24, most_boxes = 600, most_messages = 80, most_others = 40;

std::size_t look_of(const std::string& what) {
  const auto at = std::ranges::find(looks, what, &Look::what);
  return at == looks.end() ? runs : static_cast<std::size_t>(at - looks.begin());
}

struct Box {
  std::size_t row, look;
  double begin, end;
};

// What fills most of a part of a row; a wait takes precedence over the activity around it.
std::size_t dominant(const std::array<double, looks.size()>& shares, double whole) {
  const auto longest = std::max_element(shares.begin() + first_wait, shares.end());
  double waiting = 0;
  for (auto look = first_wait; look < looks.size(); ++look) waiting += shares[look];
  if (waiting >= whole / 2) return static_cast<std::size_t>(longest - shares.begin());
  if (shares[holds] >= whole / 2) return holds;
  return shares[works] >= whole / 2 ? works : runs;
}

// The rows as boxes, each at least one column wide, where the columns divide the whole time.
std::vector<Box> boxes_of(const Timeline& timeline, std::size_t rows, std::size_t parts) {
  const double part = timeline.end / static_cast<double>(parts);
  const auto index = [&](double time) {
    return std::min(static_cast<std::size_t>(std::max(time, 0.0) / part), parts - 1);
  };
  const auto overlap = [&](std::size_t i, double begin, double end) {
    const double left = static_cast<double>(i) * part;
    return std::max(0.0, std::min(end, left + part) - std::max(begin, left));
  };
  std::vector<Box> boxes;
  for (std::size_t number = 0; number < rows; ++number) {
    const auto& row = timeline.rows[number];
    std::vector<std::array<double, looks.size()>> shares(parts);
    for (const auto& span : timeline.spans) {
      if (span.row != number) continue;
      for (auto i = index(span.begin); i <= index(span.end); ++i)
        shares[i][look_of(span.what)] += overlap(i, span.begin, span.end);
    }
    const auto first = boxes.size();
    for (auto i = index(row.begin); i <= index(row.end); ++i) {
      const auto look = dominant(shares[i], overlap(i, row.begin, row.end));
      if (boxes.size() == first || boxes.back().look != look)
        boxes.push_back({number, look, std::max(row.begin, static_cast<double>(i) * part), 0});
      boxes.back().end = static_cast<double>(i + 1) * part;
    }
    const double least = timeline.end / 250;  // wide enough to be seen
    boxes.back().end = std::max(std::min(boxes.back().end, row.end), row.begin + least);
  }
  return boxes;
}

std::vector<Box> readable_boxes(const Timeline& timeline, std::size_t rows) {
  std::size_t parts = 1600;
  auto boxes = boxes_of(timeline, rows, parts);
  while (boxes.size() > most_boxes && parts > 50) boxes = boxes_of(timeline, rows, parts /= 2);
  return boxes;
}

class TimelineFigure {
 public:
  TimelineFigure(const Timeline& timeline, const std::string& file)
      : timeline_{timeline},
        file_{file},
        rows_{std::min(timeline.rows.size(), most_rows)},
        boxes_{readable_boxes(timeline, rows_)} {
    if (timeline.end >= 10e6)
      unit_ = 1e6, unit_name_ = "seconds";
    else if (timeline.end >= 1000)
      unit_ = 1e3, unit_name_ = "milliseconds";
    else
      unit_ = 1, unit_name_ = "microseconds";
  }

  void write(Gnuplot& gnuplot) {
    const bool more = rows_ < timeline_.rows.size();
    const auto height = 120 + 30 * static_cast<int>(rows_ + more);
    const bool waits_forever = std::ranges::any_of(
        timeline_.spans, [&](const auto& span) { return span.open && !forever(span).empty(); });
    gnuplot << "set terminal " << terminal(file_, std::max(height, 240)) << "\nset output "
            << quoted(file_)
            << "\nset key outside top left horizontal Left reverse width 1\n"
               "set tics nomirror\nset border 1\nset ytics scale 0\n"
               "set grid noytics xtics linetype 1 linecolor '#dddddd'\n"
            << fmt::format("set xrange [0:{}]\nset yrange [{}:0.7]\nset xlabel {} noenhanced\n",
                           timeline_.end / unit_ * (waits_forever ? 1.22 : 1.01),
                           -static_cast<double>(rows_ + more) + 0.3, quoted(unit_name_));
    const char* separator = "set ytics (";
    for (std::size_t row = 0; row < rows_; ++row) {
      gnuplot << separator << quoted(timeline_.rows[row].name) << fmt::format(" {}", y(row));
      separator = ", ";
    }
    gnuplot << ") noenhanced\n";
    if (more)
      add_label(gnuplot, 0, y(rows_), fmt::format("… and {} more", timeline_.rows.size() - rows_));
    for (const auto& span : timeline_.spans)
      if (span.open && span.row < rows_)
        add_label(gnuplot, span.end * 1.02, y(span.row), std::string{forever(span)});
    plot(gnuplot);
  }

 private:
  static double y(std::size_t row) { return -static_cast<double>(row); }
  static std::string_view forever(const Timeline::Span& span) {
    return looks[look_of(span.what)].forever;
  }

  void add_label(Gnuplot& gnuplot, double time, double height, const std::string& text) const {
    gnuplot << fmt::format("set label {} at {},{} left noenhanced\n", quoted(text), time / unit_,
                           height);
  }

  void plot(Gnuplot& gnuplot) {
    using Vector = std::array<double, 4>;
    std::map<std::size_t, std::vector<std::array<double, 6>>> boxes;  // by look
    for (const auto& box : boxes_) {
      const double half = looks[box.look].height / 2, at = y(box.row);
      boxes[box.look].push_back(
          {box.begin / unit_, at, box.begin / unit_, box.end / unit_, at - half, at + half});
    }
    std::vector<Vector> messages, others;
    for (const auto& arrow : some_arrows()) {
      const double from = y(arrow.from), to = y(arrow.to);
      const double edge = from > to ? -0.22 : 0.22;
      (arrow.kind == "message" ? messages : others)
          .push_back({arrow.sent / unit_, from + edge, (arrow.arrived - arrow.sent) / unit_,
                      to - from - 2 * edge});
    }
    std::vector<std::array<double, 2>> crosses;
    for (std::size_t row = 0; row < rows_; ++row)
      if (timeline_.rows[row].killed) crosses.push_back({timeline_.rows[row].end / unit_, y(row)});

    std::string plots;
    const auto add = [&](const std::string& style, std::string_view title) {
      plots += (plots.empty() ? "plot " : ", ") + ("'-' " + style) + " title " +
               quoted(std::string{title});
    };
    if (!others.empty())
      add("with vectors head filled size screen 0.008,20 linewidth 1 linecolor '#888888'",
          "start, join, signal");
    for (const auto& [look, ignored] : boxes)
      add(fmt::format("with boxxyerror fillstyle {0} border linecolor '{1}' linecolor '{1}'",
                      looks[look].fill, looks[look].colour),
          looks[look].what);
    if (!messages.empty())
      add("with vectors head filled size screen 0.01,20 linewidth 1.5 linecolor '#000000'",
          message_title());
    if (!crosses.empty())
      add("with points pointtype 2 pointsize 1.3 linewidth 3 linecolor '#b00020'", "killed");
    gnuplot << plots << "\n";
    if (!others.empty()) gnuplot.send1d(others);
    for (const auto& [look, some] : boxes) gnuplot.send1d(some);
    if (!messages.empty()) gnuplot.send1d(messages);
    if (!crosses.empty()) gnuplot.send1d(crosses);
  }

  // All arrows between rows that are shown, but no more messages than can be seen.
  std::vector<Timeline::Arrow> some_arrows() {
    std::vector<Timeline::Arrow> shown;
    const auto is_shown = [&](const auto& arrow) {
      return arrow.from < rows_ && arrow.to < rows_ && arrow.from != arrow.to;
    };
    std::size_t messages = 0, others = 0, number = 0;
    for (const auto& arrow : timeline_.arrows)
      if (is_shown(arrow)) ++(arrow.kind == "message" ? messages : others);
    every_ = (messages + most_messages - 1) / most_messages;
    for (const auto& arrow : timeline_.arrows) {
      if (!is_shown(arrow)) continue;
      if (arrow.kind == "message" ? number++ % every_ == 0
                                  : others <= most_others || arrow.kind != "join")
        shown.push_back(arrow);
    }
    return shown;
  }

  std::string message_title() const {
    return every_ <= 1 ? "message" : fmt::format("one message of {}", every_);
  }

  const Timeline& timeline_;
  const std::string& file_;
  const std::size_t rows_;
  const std::vector<Box> boxes_;
  double unit_ = 1;
  std::string unit_name_;
  std::size_t every_ = 1;
};

}  // namespace

void draw(const Timeline& timeline, const std::string& file) {
  TimelineFigure figure{timeline, file};
  run_gnuplot([&](Gnuplot& gnuplot) { figure.write(gnuplot); }, file);
}

}  // namespace lesson
