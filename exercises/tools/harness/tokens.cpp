#include <algorithm>
#include <cctype>
#include <cstddef>
#include <set>

#include <harness/tokens.hpp>

namespace harness {
namespace {

class Tokenizer {
 public:
  explicit Tokenizer(const std::string& source) {
    for (std::size_t i = 0; i < source.size(); ++i) {
      if (source[i] == '\r') continue;  // from an editor on Windows
      if (source.compare(i, 2, "\\\n") == 0)
        ++i;  // a continued line
      else
        text_ += source[i];
    }
  }

  std::string result() {
    while (at_ < text_.size()) next();
    std::string all;
    for (const auto& include : includes_) all += include + '\n';
    return all + tokens_;
  }

 private:
  void next() {
    const char c = text_[at_];
    if (is_at("//")) {
      at_ = end_of("\n");
    } else if (is_at("/*")) {
      at_ += 2;
      at_ = end_of("*/");
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at_;
    } else if (is_at("#include")) {
      const auto end = std::min(text_.find('\n', at_), text_.size());
      includes_.insert(without_spaces(text_.substr(
          at_, text_.find("//", at_) < end ? text_.find("//", at_) - at_ : end - at_)));
      at_ = end;
    } else if (is_at("R\"")) {
      const auto open = text_.find('(', at_);
      const auto closing =
          open == text_.npos ? "\"" : ")" + text_.substr(at_ + 2, open - at_ - 2) + "\"";
      take(end_of(closing));
    } else if (c == '"' || c == '\'') {
      take(end_of_literal(c));
    } else if (is_of_word(c)) {
      auto end = at_;
      // Within a number, an apostrophe separates digits.
      const bool number = std::isdigit(static_cast<unsigned char>(c)) != 0;
      while (end < text_.size() && (is_of_word(text_[end]) || (number && text_[end] == '\'')))
        ++end;
      take(end);
    } else {
      take(at_ + 1);
    }
  }

  static bool is_of_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  }

  static std::string without_spaces(const std::string& text) {
    std::string result;
    for (const char c : text)
      if (std::isspace(static_cast<unsigned char>(c)) == 0) result += c;
    return result;
  }

  bool is_at(const char* text) const {
    return text_.compare(at_, std::char_traits<char>::length(text), text) == 0;
  }

  // Returns the position after the next occurrence of this text.
  std::size_t end_of(const std::string& text) const {
    const auto found = text_.find(text, at_ + 1);
    return found == text_.npos ? text_.size() : found + text.size();
  }

  std::size_t end_of_literal(char quote) const {
    for (auto end = at_ + 1; end < text_.size(); ++end) {
      if (text_[end] == '\\')
        ++end;
      else if (text_[end] == quote || text_[end] == '\n')
        return end + 1;
    }
    return text_.size();
  }

  void take(std::size_t end) {
    tokens_ += text_.substr(at_, end - at_) + '\n';
    at_ = end;
  }

  std::string text_, tokens_;
  std::set<std::string> includes_;
  std::size_t at_ = 0;
};

}  // namespace

std::string tokens_of(const std::string& source) { return Tokenizer{source}.result(); }

}  // namespace harness
