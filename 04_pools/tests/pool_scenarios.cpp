#include <unistd.h>
#include <chrono>
#include <csignal>
#include <numeric>
#include <string>
#include <vector>

#include "scenario.hpp"
#include <mp/event.hpp>
#include <mp/pool.hpp>

namespace {

using namespace std::chrono_literals;

int square(int x) { return x * x; }
std::string twice(const std::string& text) { return text + text; }
void wait_for(mp::Event& event) { event.wait(); }
void end_itself() { ::raise(SIGKILL); }

void map() {
  mp::Pool pool{2};
  std::vector<int> values(20);
  std::iota(values.begin(), values.end(), 0);
  pool.map(square, values, {.chunk_size = 1});
}

// Anything that does not fit on the board goes through the worker's socket.
void large() {
  mp::Pool pool{1};
  pool.apply(twice, std::string(1 << 20, 'x'));
}

// No thread waits for the first result, so a thread of the pool takes it.
void background() {
  mp::Pool pool{1};
  mp::Event never, done;
  auto first = pool.apply_async(wait_for, std::ref(done));
  done.set();
  while (!first.ready()) {
  }
  auto second = pool.apply_async(wait_for, std::ref(never));
  second.wait_for(200ms);
  never.set();
  second.get();
}

void killed() {
  mp::Pool pool{1};
  pool.apply(square, 1);
  try {
    pool.apply(end_itself);
  } catch (const mp::WorkerDied&) {
  }
  pool.apply(square, 2);
}

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  return course::run_scenario(
      argc, argv, {{"map", map}, {"large", large}, {"background", background}, {"killed", killed}});
}
