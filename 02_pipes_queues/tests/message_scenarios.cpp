#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "scenario.hpp"
#include <mp/message.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>
#include <mp/watchdog.hpp>

namespace {

using mp::Connection;
using mp::Process;

void echo(Connection end) {
  try {
    for (;;) end.send(end.recv<int>());
  } catch (const mp::EndOfFile&) {
  }
}

void use_pipe() {
  auto [here, there] = mp::pipe();
  Process child{{.name = "Echo"}, echo, std::move(there)};
  for (int i = 0; i < 20; ++i) {
    here.send(i);
    here.recv<int>();
  }
  here.close();
}

void send_bytes(Connection end) {
  end.send(std::string{"not a number"});
  end.send_bytes(std::vector<std::byte>(100'000));
  end.send(1);
}

// A value of another type is taken off the pipe, so it counts.
void kinds() {
  auto [here, there] = mp::one_way_pipe();
  Process child{{.name = "Sender"}, send_bytes, std::move(there)};
  try {
    here.recv<int>();
  } catch (const mp::MessageError&) {
  }
  here.recv_bytes();
  here.recv<int>();
}

constexpr int items = 200;

void put(mp::Queue<int>& queue) {
  for (int i = 0; i < items; ++i) queue.put(i);
}
void take(mp::Queue<int>& queue) {
  for ([[maybe_unused]] const int item : queue) {
  }
}

void use_queue() {
  mp::Queue<int> queue;
  std::vector<Process> consumers, producers;
  for (int i = 0; i < 3; ++i) consumers.emplace_back(take, std::ref(queue));
  for (int i = 0; i < 3; ++i) producers.emplace_back(put, std::ref(queue));
  for (auto& producer : producers) producer.join();
  queue.close();
}

void try_get() {
  mp::Queue<int> queue;
  for (int i = 0; i < 5; ++i) queue.try_get();
  queue.put(1);
  while (!queue.try_get()) {
  }
}

void put_forever(mp::Queue<std::string>& queue) {
  for (;;) queue.put(std::string(10'000, 'x'));
}

// Producers are killed in the middle of putting; another one continues.
void killed_producers() {
  mp::Queue<std::string> queue;
  for (int i = 0; i < 5; ++i) {
    Process producer{{.name = "Producer"}, put_forever, std::ref(queue)};
    for (int got = 0; got < 3; ++got) queue.get();
    producer.kill();
  }
  queue.close();
  for ([[maybe_unused]] const auto& item : queue) {
  }
}

void receive(Connection end) { end.recv<int>(); }

void deadlock() {
  const mp::Watchdog watchdog{std::chrono::milliseconds{100}};
  auto [here, there] = mp::pipe();
  Process child{{.name = "Child"}, receive, std::move(there)};
  here.recv<int>();
}

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  return course::run_scenario(argc, argv,
                              {{"pipe", use_pipe},
                               {"kinds", kinds},
                               {"queue", use_queue},
                               {"try_get", try_get},
                               {"killed_producers", killed_producers},
                               {"deadlock", deadlock}});
}
