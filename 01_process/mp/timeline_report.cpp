#include <sys/wait.h>
#include <algorithm>
#include <ctime>
#include <iterator>
#include <map>
#include <utility>

#include <mp/process.hpp>
#include <mp/timeline_matcher.hpp>
#include <mp/timeline_report.hpp>

// Turns events into rows, spans and arrows.

namespace mp::detail {
namespace {

using Row = TimelineReport::Row;
using Span = TimelineReport::Span;
using Arrow = TimelineReport::Arrow;

class Assembly {
 public:
  explicit Assembly(const Timeline& recorded)
      : timeline_{recorded}, lives_{recorded.processes()}, events_{recorded.events()} {
    result_.missing_events = recorded.recorded_events() - events_.size();
    result_.missing_processes = recorded.missing_processes();
    result_.begin = lives_.at(0).begin;
    result_.end = std::max(clock(), result_.begin + 1);
  }

  TimelineReport run() {
    make_rows();
    for (const auto& event : events_) add(event);
    close_open_spans();
    messages_.add_arrows(Arrow::message, result_.arrows);
    tasks_.add_arrows(Arrow::task, result_.arrows);
    results_.add_arrows(Arrow::result, result_.arrows);
    for (std::size_t place = 0; place < lives_.size(); ++place) add_join(place);
    std::ranges::stable_sort(result_.spans, {}, &Span::begin);
    std::ranges::stable_sort(result_.arrows, {}, &Arrow::sent);
    return std::move(result_);
  }

 private:
  using Thread = std::pair<std::size_t, unsigned>;  // place and number

  static std::int64_t clock() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
  }

  void make_rows() {
    std::map<Thread, std::int64_t> first_seen;
    std::map<std::size_t, std::int64_t> last_seen;
    for (const auto& event : events_) {
      first_seen.try_emplace({event.place, event.thread}, event.time);
      last_seen[event.place] = event.time;
      if (event.step == Step::signals) signals_[event.subject] = event;
    }
    for (std::size_t place = 0; place < lives_.size(); ++place) {
      const auto& life = lives_[place];
      if (life.pid == 0) continue;  // it could not be started
      Row row;
      row.name = life.name;
      row.pid = life.pid;
      row.place = place;
      row.begin = life.begin;
      find_end(life, last_seen[place], row);
      if (life.begin == 0) row.begin = row.end;  // it ended before its first step
      first_seen[{place, 0}] = row.begin;
      for (auto at = first_seen.lower_bound({place, 0});
           at != first_seen.end() && at->first.first == place; ++at) {
        rows_[at->first] = result_.rows.size();
        row.thread = at->first.second;
        row.begin = at->second;
        if (row.thread != 0) row.name = life.name + ", thread " + std::to_string(row.thread + 1);
        result_.rows.push_back(row);
      }
    }
  }

  void find_end(const ProcessLife& life, std::int64_t last_seen, Row& row) {
    row.end = result_.end;
    if (life.killed != 0) {
      row.killed = true;
      row.ending = "killed";
      row.end = life.killed;
    } else if (life.reaped != 0) {
      const ExitStatus status =
          WIFSIGNALED(life.wait_status)
              ? ExitStatus{.code = {}, .signal = WTERMSIG(life.wait_status)}
              : ExitStatus{.code = WEXITSTATUS(life.wait_status), .signal = {}};
      row.ending = to_string(status);
      row.killed = status.signal.has_value();
      row.end = life.reaped;
      // The parent may not have had time to notice the end.
      const auto signal = signals_.find(row.place);
      if (row.killed && signal != signals_.end() &&
          signal->second.count == static_cast<std::uint32_t>(*status.signal))
        row.end = std::min(row.end, std::max({signal->second.time, last_seen, life.begin}));
      else if (!row.killed && life.end != 0)
        row.end = std::min(life.end, row.end);
    } else if (life.end != 0) {
      row.end = life.end;
    }
  }

  void add(const Event& event) {
    const auto at = rows_.find({event.place, event.thread});
    if (at == rows_.end()) return;
    const auto row = at->second;
    auto& open = open_[row];
    switch (event.step) {
      case Step::done:
        if (open.empty()) return;  // its beginning is missing
        close(open.back(), event);
        open.pop_back();
        return;
      case Step::releases:
        return release(open_holds_[row], event);
      case Step::holds:
        open_holds_[row].emplace_back(begin_span(row, event), event.subject);
        return;
      case Step::signals:
        if (const auto to = rows_.find({event.subject, 0}); to != rows_.end())
          result_.arrows.push_back({Arrow::signal, row, to->second, event.time, event.time});
        return;
      case Step::gives_task:
        return tasks_.sent(event.subject, event.count, row, event.time);
      case Step::takes_result:
        return results_.received(event.subject, event.count, row, event.time);
      case Step::works:
        if (event.count != 0) tasks_.received(event.subject, event.count, row, event.time);
        open.push_back(begin_span(row, event));
        return;
      case Step::starts:
        if (const auto to = rows_.find({event.subject, 0}); to != rows_.end())
          result_.arrows.push_back({Arrow::start, row, to->second, event.time,
                                    std::max(event.time, result_.rows[to->second].begin)});
        [[fallthrough]];
      default:
        open.push_back(begin_span(row, event));
    }
  }

  // Ends the last hold of this lock; a recursive lock may have several.
  void release(std::vector<std::pair<Span, std::uint64_t>>& holds, const Event& event) {
    const auto at = std::find_if(holds.rbegin(), holds.rend(),
                                 [&](const auto& hold) { return hold.second == event.subject; });
    if (at == holds.rend()) return;  // its beginning is missing
    add_span(at->first, event.time);
    holds.erase(std::next(at).base());
  }

  static Span begin_span(std::size_t row, const Event& event) {
    return {.row = row, .step = event.step, .begin = event.time};
  }

  void add_span(Span span, std::int64_t end) {
    span.end = end;
    result_.spans.push_back(span);
  }

  void close(const Span& span, const Event& done) {
    if (span.step != Step::starts) add_span(span, done.time);
    if (done.count == 0) return;
    if (span.step == Step::waits_to_send)
      messages_.sent(done.subject, done.count, span.row, span.begin);
    else if (span.step == Step::waits_to_receive)
      messages_.received(timeline_.other_end(done.subject), done.count, span.row, done.time);
    else if (span.step == Step::works)
      results_.sent(done.subject, done.count, span.row, done.time);
  }

  void close_open_spans() {
    const auto close = [&](Span span) {
      if (span.step == Step::starts) return;
      span.open = true;
      add_span(span, std::max(span.begin, result_.rows[span.row].end));
    };
    for (const auto& [row, spans] : open_) std::ranges::for_each(spans, close);
    for (const auto& [row, spans] : open_holds_)
      for (const auto& [span, lock] : spans) close(span);
  }

  void add_join(std::size_t place) {
    const auto child = rows_.find({place, 0});
    const auto parent = rows_.find({lives_[place].parent, 0});
    if (place == 0 || lives_[place].reaped == 0 || child == rows_.end() || parent == rows_.end())
      return;
    result_.arrows.push_back({Arrow::join, child->second, parent->second,
                              result_.rows[child->second].end, lives_[place].reaped});
  }

  const Timeline& timeline_;
  const std::vector<ProcessLife> lives_;
  std::vector<Event> events_;
  TimelineReport result_;
  std::map<Thread, std::size_t> rows_;
  std::map<std::uint64_t, Event> signals_;         // the last one to each process
  std::map<std::size_t, std::vector<Span>> open_;  // for each row, the innermost last
  std::map<std::size_t, std::vector<std::pair<Span, std::uint64_t>>> open_holds_;
  TimelineMatcher messages_, tasks_, results_;
};

}  // namespace

TimelineReport report(const Timeline& recorded) { return Assembly{recorded}.run(); }

}  // namespace mp::detail
