#include <cstdio>
#include <functional>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/event.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

// Writes each line immediately, or lines of different processes would change places.
void say(const std::string& text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

void run(mp::Event& signal, mp::Queue<std::string>& ready, mp::Queue<bool>& starts) {
  const auto& name = mp::this_process::name();
  ready.put(name);  // a process takes time to start; only now can it wait
  signal.wait();
  say("    " + name + " runs");
  starts.put(signal.is_set());
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int runners = 4;
  lesson::parse(
      argc, argv, "Several processes wait for a starting signal and start together.",
      {{"--runners", runners, "how many processes wait", 1, 1000}, lesson::start_method()});

  mp::Event signal;
  mp::Queue<std::string> ready;
  mp::Queue<bool> starts;
  std::vector<mp::Process> all;
  for (int i = 0; i < runners; ++i)
    all.emplace_back(run, std::ref(signal), std::ref(ready), std::ref(starts));

  for (int i = 0; i < runners; ++i) say(ready.get() + " is ready");
  say(starts.try_get() ? "A process jumped the gun!" : "All are ready, and none has started: go!");
  signal.set();  // wakes all of them

  int after_the_signal = 0;
  for (int i = 0; i < runners; ++i) after_the_signal += starts.get();
  say(fmt::format("{} of {} started after the signal", after_the_signal, runners));
}
