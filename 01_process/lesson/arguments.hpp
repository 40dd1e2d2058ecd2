#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

// The command line of a lesson (parsed by CLI11, which stays in arguments.cpp because it is slow to
// compile).

namespace lesson {

/// An option and its variable, whose current value is the default: `{"--points", points, "…"}`. A
/// number must be at least 1 unless another range is given.
struct Option {
  template <class Value>
  using Number = std::pair<Value*, std::pair<Value, Value>>;
  using Apply = std::function<void(const std::string&)>;  // throws std::invalid_argument

  Option(std::string option, bool& flag, std::string text)
      : name{std::move(option)}, help{std::move(text)}, variable{&flag} {}
  Option(std::string option, Apply apply, std::string text)
      : name{std::move(option)}, help{std::move(text)}, variable{std::move(apply)} {}
  template <class Value>
  requires std::is_arithmetic_v<Value> Option(
      std::string option, Value& value, std::string text, std::type_identity_t<Value> min = 1,
      std::type_identity_t<Value> max = std::numeric_limits<Value>::max())
      : name{std::move(option)},
        help{std::move(text)},
        variable{Number<Value>{&value, {min, max}}} {}

  std::string name, help;
  std::variant<bool*, Number<int>, Number<std::int64_t>, Number<double>, Apply> variable;
};

/// `--start-method fork|spawn|forkserver`: sets the start method of all processes.
Option start_method();

/// `--plot FILE`, where FILE can be written and ends in .svg or .png, or is `-` for the terminal;
/// see figure.hpp.
Option plot(std::string& file);

/// Reads the command line. Ends the program after `--help`, and with one line on standard error and
/// exit status 2 when an argument is wrong. From then on, an uncaught exception, or output that
/// cannot be written, ends the program with one such line and exit status 1.
void parse(int argc, char** argv, const char* description,
           std::initializer_list<Option> options = {});

}  // namespace lesson
