#include <algorithm>
#include <span>
#include <stdexcept>
#include <string_view>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <mp/array.hpp>
#include <mp/process.hpp>

void print(std::string_view what, std::span<const double> values) {
  fmt::print("{:16} [{}]\n", what, fmt::join(values, ", "));
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  lesson::parse(argc, argv,
                "What a shared array of fixed size can do: index, slice, iterate, sort.");

  mp::Array<double> array{0, 0, 0, 0, 0};  // five elements with these values
  fmt::print("{:16} {}\n", "array[1]", array[1]);
  array[1] = 7;
  print("array", array);

  // A slice is a std::span: it refers to the elements and copies nothing.
  const auto slice = std::span{array}.subspan(1, 3);
  slice[2] = 9;
  print("slice", slice);
  print("array", array);

  fmt::print("{:16}", "one by one");
  for (const double value : array) fmt::print(" {}", value);
  fmt::print("\n");
  std::ranges::sort(array, std::greater{});  // like any algorithm for ranges
  print("sorted", array);

  const mp::Array<double> zeros(10);  // parentheses give the size; all elements start as zero
  print("zeros", zeros);

  // The array cannot grow, because its memory is shared. at() checks the index; [] does not.
  try {
    array.at(array.size()) = 1;
  } catch (const std::out_of_range& error) {
    fmt::print("{}\n", error.what());
  }
}
