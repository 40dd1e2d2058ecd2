#pragma once

#include <string>
#include <vector>

namespace grading {

/// Splits a shell command of the build system into words, without backslashes and quotes; && is a
/// word like others.
std::vector<std::string> split_words(const std::string& command);

/// Joins words to a shell command. The word && is not quoted.
std::string join_words(const std::vector<std::string>& words);

/// Replaces the folder `from` by `to` in the paths of a word. A path is at the beginning, after -I
/// or -L, or after a comma or an equals sign.
std::string relocated(const std::string& word, const std::string& from, const std::string& to);

}  // namespace grading
