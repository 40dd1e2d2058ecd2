#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  lesson::parse(argc, argv, "First in, first out: a queue in one process.");

  mp::Queue<int> queue;
  queue.put(1);
  queue.put(2);
  queue.put(3);

  fmt::print("{}\n", queue.get());
  fmt::print("{}\n", queue.get());
  fmt::print("{}\n", queue.get());
  // A fourth get would block forever, because no process is left that could put a value.
  // queue.try_get() does not block; it returns an optional, which is empty when the queue is.
}
