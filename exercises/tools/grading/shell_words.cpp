#include <cstddef>

#include <grading/shell_words.hpp>

namespace grading {

std::vector<std::string> split_words(const std::string& command) {
  std::vector<std::string> words;
  bool inside = false;  // a word, which may be empty between quotes
  char quote = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (quote == 0 && c == ' ') {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (c == quote)
      quote = 0;
    else if (quote == 0 && (c == '\'' || c == '"'))
      quote = c;
    else if (c == '\\' && quote != '\'' && i + 1 < command.size() &&
             (quote == 0 || std::string{"\\\"$`"}.find(command[i + 1]) != std::string::npos))
      words.back() += command[++i];
    else
      words.back() += c;
  }
  return words;
}

std::string join_words(const std::vector<std::string>& words) {
  std::string command;
  for (const auto& word : words) {
    if (!command.empty()) command += ' ';
    if (word == "&&") {
      command += word;
      continue;
    }
    command += '\'';
    for (const char c : word) command += c == '\'' ? std::string{"'\\''"} : std::string{c};
    command += '\'';
  }
  return command;
}

std::string relocated(const std::string& word, const std::string& from, const std::string& to) {
  std::string result;
  for (std::size_t i = 0; i < word.size();) {
    const bool begins = i == 0 || word[i - 1] == ',' || word[i - 1] == '=' ||
                        (i == 2 && (word.starts_with("-I") || word.starts_with("-L")));
    const auto end = i + from.size();
    if (begins && word.compare(i, from.size(), from) == 0 &&
        (end == word.size() || word[end] == '/' || word[end] == ',' || word[end] == '=')) {
      result += to;
      i = end;
    } else {
      result += word[i++];
    }
  }
  return result;
}

}  // namespace grading
