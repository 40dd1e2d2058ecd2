#include "random_program.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "programs.hpp"
#include <mp/pipe.hpp>
#include <mp/pool.hpp>
#include <mp/queue.hpp>
#include <mp/shared_queue.hpp>
#include <mp/value.hpp>

namespace course {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using mp::Process;

void require(bool right, const std::string& what) {
  if (!right) throw WrongResult{what};
}

// The tests send no other signal that ends a process.
bool was_killed(const mp::ExitStatus& status) { return status.signal == SIGKILL; }
void require_own_end(const mp::ExitStatus& status, int code = 0) {
  require(was_killed(status) || status.code == code, "exit status: " + to_string(status));
}

void work_a_little(int microseconds) {
  const auto end = Clock::now() + std::chrono::microseconds{microseconds};
  while (Clock::now() < end) {
  }
}

// ---- The steps of a random program ----

void start_and_join(Random& random, const mp::ProcessOptions& options) {
  std::vector<std::pair<Process, int>> processes;
  for (int i = draw(random, 1, 4); i > 0; --i) {
    const int code = draw(random, 0, 9);
    processes.emplace_back(Process{options,
                                   [](int time, int with) {
                                     work_a_little(time);
                                     std::exit(with);
                                   },
                                   draw(random, 0, 3000), code},
                           code);
  }
  for (auto& [process, code] : processes) require_own_end(process.join(), code);
}

void echo(mp::Connection connection) {
  for (;;) {
    try {
      connection.send(connection.recv<std::vector<int>>());
    } catch (const mp::EndOfFile&) {
      return;
    }
  }
}

void send_and_receive(Random& random, const mp::ProcessOptions& options) {
  auto [here, there] = mp::pipe();
  Process process{options, echo, std::move(there)};
  bool is_there = true;
  for (int i = draw(random, 1, 20); i > 0 && is_there; --i) {
    const std::vector<int> sent(static_cast<std::size_t>(draw(random, 0, 30'000)), i);
    try {
      here.send(sent);
      require(here.recv<std::vector<int>>() == sent, "another vector came back");
    } catch (const mp::EndOfFile&) {
      is_there = false;
    } catch (const mp::BrokenPipe&) {
      is_there = false;
    } catch (const mp::MessageError&) {  // it was killed in the middle of a message
      is_there = false;
    }
  }
  here.close();
  const auto status = process.join();
  require_own_end(status);
  require(is_there || was_killed(status), "the end came without a kill");
}

struct Item {
  int producer, number;
};
void serialize(auto& archive, Item& item) { archive(item.producer, item.number); }

template <class Queue>
void produce(Queue& queue, int producer, int count, int time) {
  for (int i = 0; i < count; ++i) {
    work_a_little(time);
    queue.put({producer, i});
  }
}

// The second consumer, which sends this process what it gets. (The first is this process.)
template <class Queue>
void pass_on(Queue& queue, mp::Connection connection) {
  for (const Item item : queue) connection.send(item);
}

template <class Queue>
void put_and_get(Random& random, const mp::ProcessOptions& options) {
  Queue queue;
  const int count = draw(random, 1, 60), time = draw(random, 0, 50);
  std::vector<Process> producers;
  for (int i = draw(random, 1, 3); i > 0; --i)
    producers.emplace_back(options, produce<Queue>, std::ref(queue),
                           static_cast<int>(producers.size()), count, time);
  auto [here, there] = mp::pipe();
  Process consumer{options, pass_on<Queue>, std::ref(queue), std::move(there)};

  std::map<int, std::vector<int>> got_here, got_there;
  const auto alive = [&] {
    return std::ranges::any_of(producers, [](auto& producer) { return producer.is_alive(); });
  };
  while (alive())
    if (const auto item = queue.get_for(5ms)) got_here[item->producer].push_back(item->number);
  queue.close();
  try {
    for (;;) {
      const auto item = queue.get();
      got_here[item.producer].push_back(item.number);
    }
  } catch (const mp::QueueClosed&) {
  }
  try {
    for (;;) {
      const auto item = here.recv<Item>();
      got_there[item.producer].push_back(item.number);
    }
  } catch (const mp::EndOfFile&) {
  } catch (const mp::MessageError&) {
  }

  const auto consumed = consumer.join();
  require_own_end(consumed);
  int max_lost = was_killed(consumed) ? 1 : 0;  // the item that it was getting or passing on
  for (auto& producer : producers) {
    const auto status = producer.join();
    require_own_end(status);
    const int number = static_cast<int>(&producer - producers.data());
    auto all = got_here[number];
    for (const auto* got : {&got_here[number], &got_there[number]})
      require(std::ranges::is_sorted(*got), "items came out of order");
    std::ranges::copy(got_there[number], std::back_inserter(all));
    std::ranges::sort(all);
    require(std::ranges::adjacent_find(all) == all.end(), "an item came twice");
    require(all.empty() || (all.front() >= 0 && all.back() < count), "an item that was never put");
    // All that a killed producer had put has arrived, except what a killed consumer lost.
    const int expected = was_killed(status) ? (all.empty() ? 0 : all.back() + 1) : count;
    max_lost -= expected - static_cast<int>(all.size());
  }
  require(max_lost >= 0, "more items are lost than processes were killed");
}

struct Pair {
  long one = 0, other = 0;
};

// Returns whether an owner had died.
bool lock(mp::Value<Pair>& value) {
  for (bool died = false;;) {
    try {
      value.lock();
      return died;
    } catch (const mp::OwnerDied&) {
      died = true;
    }
  }
}

void add(mp::Value<Pair>& value, int count) {
  for (; count > 0; --count) {
    if (lock(value)) value->one = value->other;
    ++value->one;
    work_a_little(2);
    ++value->other;
    value.unlock();
  }
}

void lock_and_change(Random& random, const mp::ProcessOptions& options) {
  mp::Value<Pair> value;
  const int count = draw(random, 10, 300), processes = draw(random, 1, 4);
  std::vector<Process> adders;
  for (int i = 0; i < processes; ++i) adders.emplace_back(options, add, std::ref(value), count);
  int killed = 0;
  for (auto& adder : adders) {
    const auto status = adder.join();
    require_own_end(status);
    killed += was_killed(status) ? 1 : 0;
  }
  const bool died = lock(value);
  value.unlock();
  require(!died || killed > 0, "an owner died, though none was killed");
  require(died || value->one == value->other, "half a change under a lock, but no OwnerDied");
  const auto min = long{count} * (processes - killed), max = long{count} * processes;
  require(value->other >= min && value->other <= max, "changes are lost, or came twice");
}

int slow_square(int x) {
  work_a_little(x % 100);
  return x * x;
}
std::string repeat(int times) { return std::string(static_cast<std::size_t>(times), 'r'); }

template <class Function>
void call(mp::Pool& pool, Random& random, Function function) {
  std::vector<int> numbers(static_cast<std::size_t>(draw(random, 1, 200)));
  for (auto& number : numbers) number = draw(random, 0, 1000);
  auto results = pool.imap(function, numbers, {.chunk_size = draw(random, 1, 10)});
  auto result = results.begin();
  for (const int number : numbers) {
    try {
      require(*result == function(number), "a wrong result");
    } catch (const mp::WorkerDied& error) {
      require(was_killed(error.status), error.what());
    }
    ++result;
  }
}

void use_pool(Random& random, const mp::ProcessOptions& options) {
  mp::Pool pool{{.processes = draw(random, 1, 4),
                 .max_tasks_per_child = draw(random, 0, 1) * draw(random, 1, 50),
                 .start_method = options.start_method}};
  for (int i = draw(random, 1, 3); i > 0; --i) {
    call(pool, random, slow_square);
    call(pool, random, repeat);
  }
}

}  // namespace

void run_random_program(std::uint64_t seed, mp::StartMethod method) {
  Random random{seed};
  const mp::ProcessOptions options{.start_method = method};
  constexpr std::array steps{start_and_join,
                             send_and_receive,
                             put_and_get<mp::Queue<Item>>,
                             put_and_get<mp::SharedQueue<Item>>,
                             lock_and_change,
                             use_pool};
  for (int i = draw(random, 2, 5); i > 0; --i)
    steps[static_cast<std::size_t>(draw(random, 0, steps.size() - 1))](random, options);
}

}  // namespace course
