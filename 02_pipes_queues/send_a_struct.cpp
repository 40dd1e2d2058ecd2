#include <functional>
#include <string>
#include <utility>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

struct Measurement {
  std::string sensor;
  double celsius;
};

// It arrives as an argument, and is sent on through a pipe and a queue.
void warm_up(Measurement measured, mp::Connection parent, mp::Queue<Measurement>& queue) {
  measured.celsius += 1;
  parent.send(measured);
  measured.celsius += 1;
  queue.put(measured);
}

void show(const char* how, const Measurement& measured) {
  fmt::print("{}: {} has {} °C\n", how, measured.sensor, measured.celsius);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  lesson::parse(argc, argv, "Your own struct, sent to a process, through a pipe and a queue.",
                {lesson::start_method()});
  auto [parent, child] = mp::pipe();
  mp::Queue<Measurement> queue;
  const Measurement measured{"roof", 20};
  mp::Process process{warm_up, measured, std::move(child), std::ref(queue)};
  show("through the pipe", parent.recv<Measurement>());
  show("from the queue", queue.get());
  show("in the main process", measured);
}
