#include <functional>
#include <numeric>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <mp/array.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

void change(mp::Value<double>& number, mp::Array<int>& numbers) {
  *number = 3.1415927;
  for (int& each : numbers) each = -each;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  lesson::parse(argc, argv, "A process changes a shared number and a shared array.",
                {lesson::start_method()});

  mp::Value<double> number{0.0};
  mp::Array<int> numbers(10);
  std::iota(numbers.begin(), numbers.end(), 0);  // 0, 1 … 9

  mp::Process child{change, std::ref(number), std::ref(numbers)};
  child.join();
  fmt::print("{}\n[{}]\n", *number, fmt::join(numbers, ", "));
}
