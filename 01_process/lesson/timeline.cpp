#include <algorithm>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <boost/json/src.hpp>  // the library itself, which is headers only: once in the program
#include <fmt/format.h>

#include <lesson/timeline.hpp>

namespace lesson {
namespace {

namespace json = boost::json;

class TimelineReader {
 public:
  Timeline read(const json::object& trace) {
    const auto& missing = trace.at("otherData").as_object();
    result_.missing_events = missing.at("missing events").to_number<std::int64_t>();
    result_.missing_processes = missing.at("missing processes").to_number<std::int64_t>();
    for (const auto& event : trace.at("traceEvents").as_array()) add(event.as_object());
    if (!halves_.empty()) throw std::runtime_error{"half an event"};
    for (const auto& row : result_.rows) result_.end = std::max(result_.end, row.end);
    return std::move(result_);
  }

 private:
  static double number(const json::object& event, std::string_view name) {
    return event.at(name).to_number<double>();
  }
  static std::string text(const json::object& event, std::string_view name) {
    return std::string{event.at(name).as_string()};
  }

  std::size_t row(const json::object& event) {
    const std::pair key{number(event, "pid"), number(event, "tid")};
    const auto [at, is_new] = rows_.try_emplace(key, result_.rows.size());
    if (is_new) result_.rows.emplace_back();
    return at->second;
  }

  void add(const json::object& event) {
    const auto kind = text(event, "ph"), name = text(event, "name");
    const double time = number(event, "ts");
    const auto number_of_row = row(event);
    auto& row = result_.rows[number_of_row];
    if (kind == "M") {
      row.name = text(event.at("args").as_object(), "name");
    } else if (kind == "i") {
      row.killed = true;
    } else if (kind == "X" && text(event, "cat") == "process") {
      row.begin = time;
      row.end = time + number(event, "dur");
      row.ended = text(event.at("args").as_object(), "ended");
    } else if (kind == "X") {
      result_.spans.push_back(
          {number_of_row, name, time, time + number(event, "dur"), event.contains("args")});
    } else if (kind == "b" || kind == "s") {
      halves_[number(event, "id")] = {number_of_row, time};
    } else if (kind == "e" || kind == "f") {
      const auto half = halves_.extract(number(event, "id"));
      if (!half) throw std::runtime_error{"half an event"};
      const auto [from, begin] = half.mapped();
      if (kind == "e")
        result_.spans.push_back({from, name, begin, time, event.contains("args")});
      else
        result_.arrows.push_back({name, from, number_of_row, begin, time});
    } else {
      throw std::runtime_error{"an unknown event"};
    }
  }

  Timeline result_;
  std::map<std::pair<double, double>, std::size_t> rows_;
  std::map<double, std::pair<std::size_t, double>> halves_;
};

}  // namespace

Timeline read_timeline(const std::string& text) {
  try {
    return TimelineReader{}.read(json::parse(text).as_object());
  } catch (const std::exception& error) {
    throw std::runtime_error{fmt::format("this is not a timeline: {}", error.what())};
  }
}

}  // namespace lesson
