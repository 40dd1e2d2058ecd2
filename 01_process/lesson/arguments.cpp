#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <type_traits>
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <lesson/arguments.hpp>
#include <mp/file_descriptor.hpp>
#include <mp/process.hpp>
#include <mp/timeline.hpp>

namespace lesson {
namespace {

std::string program;

[[noreturn]] void fail(std::string_view reason, int status) {
  std::fflush(stdout);
  fmt::print(stderr, "{}: {}\n", program, reason);
  mp::detail::write_timeline();
  std::_Exit(status);
}

// Runs when an exception leaves main; its text is for a learner, not for a debugger.
[[noreturn]] void fail_with_exception() {
  try {
    if (const auto error = std::current_exception()) std::rethrow_exception(error);
  } catch (const std::exception& error) {
    fail(error.what(), EXIT_FAILURE);
  } catch (...) {
  }
  fail("unknown error", EXIT_FAILURE);
}

// Without this, a full disk would go unnoticed, because most output is written at exit.
void close_output() {
  if (std::fclose(stdout) != 0)
    fail(fmt::format("cannot write the output: {}", std::strerror(errno)), EXIT_FAILURE);
}

template <class Value>
Value number_in(const std::string& text, Value min, Value max) {
  Value value{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (rest != end || error == std::errc::invalid_argument)
    throw std::invalid_argument{
        fmt::format("'{}' is not {} number", text, std::is_integral_v<Value> ? "a whole" : "a")};
  if (error == std::errc::result_out_of_range || !(min <= value && value <= max))
    throw std::invalid_argument{fmt::format("{} is not between {} and {}", text, min, max)};
  return value;
}

// Leaves an existing file unchanged, and no new one behind.
void require_writable(const std::string& file) {
  const auto open = [&](int flags) {
    return mp::FileDescriptor{::open(file.c_str(), O_WRONLY | O_CLOEXEC | flags, 0600)};
  };
  if (open(O_CREAT | O_EXCL))
    ::unlink(file.c_str());
  else if (errno != EEXIST || !open(0))
    throw std::invalid_argument{fmt::format("cannot write {}: {}", file, std::strerror(errno))};
}

void add(CLI::App& app, const Option& option, bool*& flag) {
  app.add_flag(option.name, *flag, option.help);
}

CLI::Option* add(CLI::App& app, const Option& option, const Option::Apply& apply) {
  return app
      .add_option_function<std::string>(
          option.name, [](const std::string&) {}, option.help)
      ->type_name("")
      ->check([apply](const std::string& text) -> std::string {
        try {
          apply(text);
          return {};
        } catch (const std::invalid_argument& error) {
          return error.what();
        }
      });
}

template <class Value>
void add(CLI::App& app, const Option& option, const Option::Number<Value>& number) {
  const Option::Apply set = [number](const std::string& text) {
    *number.first = number_in(text, number.second.first, number.second.second);
  };
  add(app, option, set)->option_text(fmt::format("({})", *number.first));
}

}  // namespace

Option start_method() {
  return {"--start-method",
          [](const std::string& name) {
            if (name == "fork") return mp::set_start_method(mp::StartMethod::fork);
            if (name == "spawn") return mp::set_start_method(mp::StartMethod::spawn);
            if (name == "forkserver") return mp::set_start_method(mp::StartMethod::forkserver);
            throw std::invalid_argument{fmt::format("'{}' is not fork, spawn or forkserver", name)};
          },
          "how processes start: fork (default), spawn or forkserver"};
}

Option plot(std::string& file) {
  return {"--plot",
          [&file](const std::string& name) {
            const auto ending = std::filesystem::path{name}.extension();
            if (name != "-" && ending != ".svg" && ending != ".png")
              throw std::invalid_argument{
                  fmt::format("'{}' does not end in .svg or .png, and is not -", name)};
            if (name != "-") require_writable(name);
            file = name;
          },
          "draw a figure: a file that ends in .svg or .png, or - for the terminal"};
}

void parse(int argc, char** argv, const char* description, std::initializer_list<Option> options) {
  program = std::filesystem::path{argv[0]}.filename();
  std::set_terminate(fail_with_exception);
  std::atexit(close_output);

  CLI::App app{description, program};
  for (const auto& option : options)
    std::visit([&](auto variable) { add(app, option, variable); }, option.variable);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    std::exit(EXIT_SUCCESS);
  } catch (const CLI::ParseError& error) {
    fail(fmt::format("{}; see {} --help", error.what(), program), 2);
  }
}

}  // namespace lesson
