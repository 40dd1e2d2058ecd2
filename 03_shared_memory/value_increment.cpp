#include <functional>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

void increment(mp::Value<int>& value) { ++*value; }

int main(int argc, char** argv) {
  mp::init(argc, argv);
  lesson::parse(argc, argv, "A process changes a shared value, and its parent sees the change.",
                {lesson::start_method()});

  // An ordinary int would be copied into the child; this one is shared by both.
  mp::Value<int> value{0};
  mp::Process child{increment, std::ref(value)};
  child.join();  // without this, the parent could read the value too early
  fmt::print("{}\n", *value);
}
