#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

// A queue takes values of one type. Here it is Python's [42, None, 'hello'] again.
using Values = std::tuple<int, std::optional<double>, std::string>;

void put_values(mp::Queue<Values>& queue) { queue.put({42, std::nullopt, "hello"}); }

int main(int argc, char** argv) {
  mp::init(argc, argv);
  lesson::parse(argc, argv, "A process puts values of several types into a queue.",
                {lesson::start_method()});

  mp::Queue<Values> queue;
  // The child gets a reference, because any number of processes may use the same queue.
  mp::Process child{put_values, std::ref(queue)};
  const auto [number, nothing, text] = queue.get();
  child.join();
  fmt::print("[{}, {}, {}]\n", number, nothing ? fmt::format("{}", *nothing) : "None", text);
}
