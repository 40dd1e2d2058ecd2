#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>
#include <fmt/format.h>

#include <lesson/gnuplot.hpp>
#include <lesson/timeline.hpp>
#include <lesson/timeline_boxes.hpp>

namespace lesson {
namespace {

// More would be unreadable, and make the file large.
constexpr std::size_t max_rows = 24, max_messages = 80, max_others = 40, max_tasks = 150;

// Returns the next number up that is 1, 2 or 5 times a power of ten.
double round_up(double number) {
  const double power = std::pow(10, std::floor(std::log10(number)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (number <= factor * power) return factor * power;
  return 10 * power;
}

// How some kinds of arrows are drawn, the first behind the rows.
struct ArrowLook {
  std::array<std::string_view, 3> kinds;
  double head;  // its length, in widths of a normal picture
  std::string_view style;
};
constexpr std::array arrow_looks{
    ArrowLook{{"start", "join", "signal"}, 0.008, "linewidth 1 linecolor '#888888'"},
    ArrowLook{{"task"}, 0.008, "linewidth 1 linecolor '#0072b2'"},
    ArrowLook{{"message", "result"}, 0.01, "linewidth 1.5 linecolor '#000000'"},
};

std::size_t look_of(const Timeline::Arrow& arrow) {
  const auto has_it = [&](const ArrowLook& look) {
    return std::ranges::find(look.kinds, arrow.kind) != look.kinds.end();
  };
  return static_cast<std::size_t>(std::ranges::find_if(arrow_looks, has_it) - arrow_looks.begin());
}

bool is_message(const Timeline::Arrow& arrow) { return look_of(arrow) != 0; }

class TimelineFigure {
 public:
  TimelineFigure(const Timeline& timeline, const std::string& file, int width)
      : timeline_{timeline},
        file_{file},
        width_{width},
        rows_{std::min(timeline.rows.size(), max_rows)},
        boxes_{timeline_boxes(timeline, rows_)} {
    if (timeline.end >= 10e6)
      unit_ = 1e6, unit_name_ = "seconds";
    else if (timeline.end >= 1000)
      unit_ = 1e3, unit_name_ = "milliseconds";
    else
      unit_ = 1, unit_name_ = "microseconds";
  }

  void write(Gnuplot& gnuplot) {
    const bool more = rows_ < timeline_.rows.size();
    const auto height = 140 + 36 * static_cast<int>(rows_ + more) + height_of_narrow_key();
    const double right = right_edge();
    gnuplot << "set terminal " << terminal(file_, std::max(height, 240), width_) << "\nset output "
            << quoted(file_)
            << "\nset key outside top left horizontal Left reverse samplen 2\n"
               "set tics nomirror\nset border 1\nset ytics scale 0\n"
               "set grid noytics xtics linetype 1 linecolor '#dddddd'\n"
            << fmt::format("set xrange [{}:{}]\nset yrange [{}:0.7]\nset xlabel {} noenhanced\n",
                           begin_ / unit_, right / unit_, -static_cast<double>(rows_ + more) + 0.3,
                           quoted(unit_name_));
    if (width_ < normal_width)
      gnuplot << fmt::format("set xtics {}\n",
                             round_up((right - begin_) / unit_ * 60 / plot_width()));
    const char* separator = "set ytics (";
    for (std::size_t row = 0; row < rows_; ++row) {
      gnuplot << separator << quoted(timeline_.rows[row].name) << fmt::format(" {}", y(row));
      separator = ", ";
    }
    gnuplot << ") noenhanced\n";
    if (more)
      add_label(gnuplot, begin_, y(rows_),
                fmt::format("… and {} more", timeline_.rows.size() - rows_));
    for (const auto& span : timeline_.spans)
      if (span.open && span.row < rows_)
        add_label(gnuplot, after(span), y(span.row), std::string{forever(span)});
    plot(gnuplot);
  }

 private:
  static double y(std::size_t row) { return -static_cast<double>(row); }

  // The key of a narrow picture has fewer columns, so it needs more lines.
  int height_of_narrow_key() const {
    std::set<std::size_t> looks;
    for (const auto& box : boxes_) looks.insert(box.look);
    return width_ < normal_width ? 18 * static_cast<int>(looks.size() + 2) : 0;
  }

  static std::string_view forever(const Timeline::Span& span) {
    return timeline_look(span.what).forever;
  }

  // Where the remark on an endless wait begins.
  double after(const Timeline::Span& span) const {
    return span.end + 0.03 * length_ * normal_width / width_;
  }

  // The width of the picture without its rows' names, about.
  double plot_width() const {
    std::size_t longest = 0;
    for (std::size_t row = 0; row < rows_; ++row)
      longest = std::max(longest, timeline_.rows[row].name.size());
    return std::max(width_ - 40.0 - 10.0 * static_cast<double>(longest), 0.4 * width_);
  }

  // The last time on the axis, late enough for the remarks.
  double right_edge() const {
    const double width = plot_width();
    double right = begin_ + 1.01 * length_;
    for (const auto& span : timeline_.spans) {
      if (!span.open || span.row >= rows_) continue;
      const double remark = std::min(8.0 * static_cast<double>(forever(span).size()), 0.7 * width);
      right = std::max(right, begin_ + (after(span) - begin_) * width / (width - remark));
    }
    return right;
  }

  void add_label(Gnuplot& gnuplot, double time, double height, const std::string& text) const {
    gnuplot << fmt::format("set label {} at {},{} left noenhanced\n", quoted(text), time / unit_,
                           height);
  }

  void plot(Gnuplot& gnuplot) {
    using Vector = std::array<double, 4>;
    std::map<std::size_t, std::vector<std::array<double, 6>>> boxes;  // by look
    for (const auto& box : boxes_) {
      const double half = timeline_looks[box.look].height / 2, at = y(box.row);
      boxes[box.look].push_back(
          {box.begin / unit_, at, box.begin / unit_, box.end / unit_, at - half, at + half});
    }
    std::array<std::vector<Vector>, arrow_looks.size()> arrows;
    for (const auto& arrow : some_arrows()) {
      const double from = y(arrow.from), to = y(arrow.to), sent = std::max(arrow.sent, begin_);
      const double edge = from > to ? -0.22 : 0.22;
      arrows[look_of(arrow)].push_back(
          {sent / unit_, from + edge, (arrow.arrived - sent) / unit_, to - from - 2 * edge});
    }
    const auto tasks = task_borders();
    std::vector<std::array<double, 2>> crosses;
    for (std::size_t row = 0; row < rows_; ++row)
      if (timeline_.rows[row].killed) crosses.push_back({timeline_.rows[row].end / unit_, y(row)});

    std::string plots;
    const auto add = [&](const std::string& style, const std::string& title) {
      plots += (plots.empty() ? "plot " : ", ") + ("'-' " + style) + " title " + quoted(title);
    };
    const auto add_arrows = [&](std::size_t look) {
      if (!arrows[look].empty())
        add(fmt::format("with vectors head filled size screen {},20 {}",
                        arrow_looks[look].head * normal_width / width_, arrow_looks[look].style),
            title(look));
    };
    add_arrows(0);
    for (const auto& [look, ignored] : boxes)
      add(fmt::format("with boxxyerror fillstyle {0} border linecolor '{1}' linecolor '{1}'",
                      timeline_looks[look].fill, timeline_looks[look].colour),
          std::string{timeline_looks[look].what});
    if (!tasks.empty()) add("with vectors nohead linewidth 2 linecolor '#ffffff'", "");
    for (std::size_t look = 1; look < arrows.size(); ++look) add_arrows(look);
    if (!crosses.empty())
      add("with points pointtype 2 pointsize 2 linewidth 4 linecolor '#b00020'", "killed");
    gnuplot << plots << "\n";
    if (!arrows[0].empty()) gnuplot.send1d(arrows[0]);
    for (const auto& [look, some] : boxes) gnuplot.send1d(some);
    if (!tasks.empty()) gnuplot.send1d(tasks);
    for (std::size_t look = 1; look < arrows.size(); ++look)
      if (!arrows[look].empty()) gnuplot.send1d(arrows[look]);
    if (!crosses.empty()) gnuplot.send1d(crosses);
  }

  // Returns the borders between tasks; none if there are too many to tell apart.
  std::vector<std::array<double, 4>> task_borders() const {
    std::vector<std::array<double, 4>> borders;
    for (const auto& span : timeline_.spans)
      if (span.what == "works on a task" && span.row < rows_)
        borders.push_back({span.begin / unit_, y(span.row) - 0.22, 0, 0.44});
    if (borders.size() > max_tasks) borders.clear();
    return borders;
  }

  // All arrows between rows that are shown, but no more messages than can be seen.
  std::vector<Timeline::Arrow> some_arrows() {
    std::vector<Timeline::Arrow> shown;
    const auto is_shown = [&](const auto& arrow) {
      return arrow.from < rows_ && arrow.to < rows_ && arrow.from != arrow.to;
    };
    std::size_t messages = 0, others = 0, number = 0;
    for (const auto& arrow : timeline_.arrows)
      if (is_shown(arrow)) ++(is_message(arrow) ? messages : others);
    every_ = (messages + max_messages - 1) / max_messages;
    for (const auto& arrow : timeline_.arrows) {
      if (!is_shown(arrow)) continue;
      if (is_message(arrow) ? number++ % every_ == 0 : others <= max_others || arrow.kind != "join")
        shown.push_back(arrow);
    }
    return shown;
  }

  // The kinds that occur, and how many of them are shown.
  std::string title(std::size_t look) const {
    std::vector<std::string_view> found;
    std::ranges::copy_if(
        arrow_looks[look].kinds, std::back_inserter(found), [&](std::string_view kind) {
          return std::ranges::find(timeline_.arrows, kind, &Timeline::Arrow::kind) !=
                 timeline_.arrows.end();
        });
    const auto names = fmt::format("{}", fmt::join(found, ", "));
    return look == 0 || every_ <= 1 ? names : fmt::format("{}, 1 of {}", names, every_);
  }

  const Timeline& timeline_;
  const std::string& file_;
  const int width_;
  const std::size_t rows_;
  const std::vector<TimelineBox> boxes_;
  const double begin_ = timeline_begin(timeline_), length_ = timeline_.end - begin_;
  double unit_ = 1;
  std::string unit_name_;
  std::size_t every_ = 1;
};

}  // namespace

void draw(const Timeline& timeline, const std::string& file, int width) {
  TimelineFigure figure{timeline, file, width};
  run_gnuplot([&](Gnuplot& gnuplot) { figure.write(gnuplot); }, file);
}

}  // namespace lesson
