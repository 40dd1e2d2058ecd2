#include <algorithm>
#include <numeric>
#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>

#include <harness/facts.hpp>

namespace harness {

namespace tree = boost::property_tree;

int Facts::points() const {
  return std::accumulate(tests.begin(), tests.end(), 0,
                         [](int sum, const Test& test) { return sum + test.points; });
}

Facts read_facts(const std::filesystem::path& folder) {
  tree::ptree json;
  tree::read_json((folder / "exercise.json").string(), json);
  Facts facts{.name = folder.filename(),
              .title = json.get<std::string>("title"),
              .chapter = json.get<std::string>("chapter"),
              .tests = {},
              .hints = {},
              .main_test = json.get<std::string>("main", "")};
  for (const auto& [name, points] : json.get_child("points"))
    facts.tests.push_back({.name = name, .points = points.get_value<int>()});
  const tree::ptree nothing;
  for (const auto& [none, name] : json.get_child("only_with_main", nothing)) {
    const auto test =
        std::ranges::find(facts.tests, name.get_value<std::string>(), &Facts::Test::name);
    if (test != facts.tests.end()) test->only_with_main = true;
  }
  for (const auto& [none, hint] : json.get_child("hints"))
    facts.hints.push_back(hint.get_value<std::string>());
  return facts;
}

int Verdict::points() const {
  return std::accumulate(results.begin(), results.end(), 0,
                         [](int sum, const Result& result) { return sum + result.points; });
}

int Verdict::of() const {
  return std::accumulate(results.begin(), results.end(), 0,
                         [](int sum, const Result& result) { return sum + result.of; });
}

void write_verdict(const std::filesystem::path& file, const Verdict& verdict) {
  tree::ptree json, results;
  json.put("points", verdict.points());
  json.put("of", verdict.of());
  for (const auto& result : verdict.results) {
    tree::ptree entry;
    entry.put("name", result.name);
    entry.put("passed", result.passed);
    entry.put("points", result.points);
    entry.put("of", result.of);
    entry.put("explanation", result.explanation);
    results.push_back({"", entry});
  }
  json.add_child("tests", results);
  tree::write_json(file.string(), json);
}

Verdict read_verdict(const std::filesystem::path& file) {
  tree::ptree json;
  tree::read_json(file.string(), json);
  Verdict verdict;
  for (const auto& [none, entry] : json.get_child("tests"))
    verdict.results.push_back({.name = entry.get<std::string>("name"),
                               .passed = entry.get<bool>("passed"),
                               .points = entry.get<int>("points"),
                               .of = entry.get<int>("of"),
                               .explanation = entry.get<std::string>("explanation")});
  return verdict;
}

std::string readable(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

std::string harmless(const std::string& text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  // Returns how many bytes the character there has; 0 if it is invalid.
  const auto length = [&](std::size_t i) -> std::size_t {
    const unsigned first = byte(i), second = byte(i + 1);
    if (first < 0x80) return first == '\n' || (first >= 0x20 && first != 0x7f) ? 1 : 0;
    const std::size_t bytes = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    for (std::size_t k = 1; k < bytes; ++k)
      if ((byte(i + k) & 0xc0) != 0x80) return 0;
    const bool control = first == 0xc2 && second < 0xa0;
    const bool too_long =
        first < 0xc2 || (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool no_character = (first == 0xed && second >= 0xa0) ||  // a surrogate
                              (first == 0xef && second == 0xbf && byte(i + 2) >= 0xbe) ||
                              first > 0xf4 || (first == 0xf4 && second >= 0x90);
    return control || too_long || no_character ? 0 : bytes;
  };
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const auto bytes = length(i);
    if (bytes == 0)
      result += text[i] == '\t' ? ' ' : '?';
    else
      result.append(text, i, bytes);
    i += std::max<std::size_t>(bytes, 1);
  }
  return result;
}

}  // namespace harness
