#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// Python's [42, None, 'hello']: the tuple fixes the types, and an empty optional is C++'s None.
using Values = std::tuple<int, std::optional<double>, std::string>;

void send_values(mp::Connection to_parent) { to_parent.send(Values{42, std::nullopt, "hello"}); }

int main(int argc, char** argv) {
  mp::init(argc, argv);
  lesson::parse(argc, argv, "A process sends values of several types through a pipe.",
                {lesson::start_method()});

  auto [to_child, to_parent] = mp::pipe();
  // Only the child has its end. If it dies, recv throws instead of blocking forever.
  mp::Process child{send_values, std::move(to_parent)};
  const auto [number, nothing, text] = to_child.recv<Values>();
  child.join();
  fmt::print("[{}, {}, {}]\n", number, nothing ? fmt::format("{}", *nothing) : "None", text);
}
