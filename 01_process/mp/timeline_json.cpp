#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include <mp/timeline_report.hpp>

// A timeline in Chrome's trace event format, a list of events, each with its kind ("ph"), process
// ("pid"), thread ("tid") and time in microseconds ("ts"). Pids may be reused, so here the
// processes are numbered in the order of their starts.

namespace mp::detail {
namespace {

using Report = TimelineReport;

// A name may contain anything; characters that are not plain become question marks.
std::string json_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += ' ' <= c && c <= '~' ? c : '?';
  }
  return result + '"';
}

class JsonWriter {
 public:
  explicit JsonWriter(const Report& report) : report_{report} {}

  std::string run() {
    for (const auto& row : report_.rows) add(row);
    for (const auto& span : report_.spans) add(span);
    for (const auto& arrow : report_.arrows) add(arrow);
    return "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"missing events\":" +
           std::to_string(report_.missing_events) +
           ",\"missing processes\":" + std::to_string(report_.missing_processes) +
           "},\"traceEvents\":[\n" + events_ + "\n]}\n";
  }

 private:
  std::string microseconds(std::int64_t time) const {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f", static_cast<double>(time) / 1000);
    return text.data();
  }

  void event(const Report::Row& row, char kind, const std::string& name, std::int64_t time,
             const std::string& more) {
    if (!events_.empty()) events_ += ",\n";
    events_ += "{\"ph\":\"" + std::string{kind} + "\",\"pid\":" + std::to_string(row.place + 1) +
               ",\"tid\":" + std::to_string(row.thread + 1) +
               ",\"ts\":" + microseconds(time - report_.begin) + ",\"name\":" + json_string(name) +
               more + "}";
  }

  std::string duration(std::int64_t begin, std::int64_t end) const {
    return ",\"dur\":" + microseconds(end - begin);
  }

  static std::string unfinished(const Report::Span& span) {
    return span.open ? ",\"args\":{\"done\":false}" : "";
  }

  void add(const Report::Row& row) {
    const auto name = ",\"args\":{\"name\":" + json_string(row.name) + "}";
    if (row.thread == 0) event(row, 'M', "process_name", report_.begin, name);
    event(row, 'M', "thread_name", report_.begin, name);
    event(row, 'X', "runs", row.begin,
          ",\"cat\":\"process\"" + duration(row.begin, row.end) + ",\"args\":{\"process id\":" +
              std::to_string(row.pid) + ",\"ended\":" + json_string(row.ending) + "}");
    if (row.killed) event(row, 'i', "killed", row.end, ",\"cat\":\"process\",\"s\":\"p\"");
  }

  void add(const Report::Span& span) {
    const auto& row = report_.rows[span.row];
    const std::string name = name_of(span.step).words;
    if (span.step == Step::holds) {  // locks need not be released in reverse order
      const auto more = ",\"cat\":\"lock\",\"id\":" + std::to_string(++last_id_);
      event(row, 'b', name, span.begin, more);
      event(row, 'e', name, span.end, more + unfinished(span));
      return;
    }
    event(row, 'X', name, span.begin,
          std::string{",\"cat\":\""} + (span.step == Step::works ? "task" : "wait") + "\"" +
              duration(span.begin, span.end) + unfinished(span));
  }

  void add(const Report::Arrow& arrow) {
    static constexpr std::array names{"message", "task", "result", "start", "join", "signal"};
    const std::string name = names[arrow.kind];
    const auto more = ",\"cat\":\"arrow\",\"id\":" + std::to_string(++last_id_);
    event(report_.rows[arrow.from], 's', name, arrow.sent, more);
    event(report_.rows[arrow.to], 'f', name, arrow.arrived, more + ",\"bp\":\"e\"");
  }

  const Report& report_;
  std::string events_;
  int last_id_ = 0;
};

}  // namespace

std::string to_json(const TimelineReport& report) { return JsonWriter{report}.run(); }

}  // namespace mp::detail
