#include <numeric>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>

void calculate_sum(mp::Connection to_parent) {
  const auto numbers = to_parent.recv<std::vector<int>>();  // blocks until they arrive
  fmt::print("{} adds up {}\n", mp::this_process::name(), numbers);
  to_parent.send(std::accumulate(numbers.begin(), numbers.end(), 0));
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  const std::vector numbers{1, 2, 3, 4, 5};
  lesson::parse(argc, argv, "A process receives numbers through a pipe and sends back their sum.",
                {lesson::start_method()});

  auto [to_child, to_parent] = mp::pipe();  // both ends send and receive
  mp::Process child{calculate_sum, std::move(to_parent)};
  // Sends and receives must match. If both processes received first, both would block forever.
  to_child.send(numbers);
  const auto sum = to_child.recv<int>();
  child.join();
  fmt::print("{}\n", sum);
}
