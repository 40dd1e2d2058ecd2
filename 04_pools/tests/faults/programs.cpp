#include "programs.hpp"

#include <cstdlib>
#include <functional>
#include <mutex>
#include <numeric>
#include <utility>

#include <mp/array.hpp>
#include <mp/barrier.hpp>
#include <mp/condition.hpp>
#include <mp/event.hpp>
#include <mp/map_reduce.hpp>
#include <mp/memory.hpp>
#include <mp/parallel.hpp>
#include <mp/pipe.hpp>
#include <mp/pool.hpp>
#include <mp/queue.hpp>
#include <mp/semaphore.hpp>
#include <mp/shared_queue.hpp>
#include <mp/value.hpp>

namespace course {
namespace {

using namespace std::chrono_literals;
using mp::Process;
using mp::StartMethod;

void require(bool right, const char* what) {
  if (!right) throw WrongResult{what};
}

void join(Process& process) {
  const auto status = process.join();
  if (!status.success()) throw ProcessFailed{to_string(status)};
}

// Takes an item from a queue whose producers may fail.
template <class Queue>
auto take(Queue& queue, std::vector<Process>& producers) {
  for (;;) {
    bool alive = false;
    for (auto& producer : producers) alive = alive || producer.is_alive();
    if (auto item = queue.get_for(alive ? 50ms : 0ms)) return *item;
    if (alive) continue;
    for (auto& producer : producers) join(producer);
    throw WrongResult{"an item is missing, though no producer has failed"};
  }
}

// ---- Processes and messages ----

void processes(StartMethod method) {
  Process first{{.start_method = method}, [](int code) { std::exit(code); }, 7};
  Process second{{.start_method = method},
                 [](const std::string& text) {
                   if (text != "text") std::exit(2);
                 },
                 std::string{"text"}};
  join(second);
  if (first.join().code != 7) throw ProcessFailed{to_string(first.join())};
}

void echo(mp::Connection connection) {
  auto [here, there] = mp::pipe();
  connection.send(there);
  for (;;) {
    try {
      here.send(connection.recv<std::string>());
    } catch (const mp::EndOfFile&) {
      return;
    }
  }
}

void pipe(StartMethod method) {
  auto [here, there] = mp::pipe();
  Process process{{.start_method = method}, echo, std::move(there)};
  auto back = here.recv<mp::Connection>();
  for (const std::size_t size : {1U, 1000U, 300'000U}) {
    const std::string text(size, 'x');
    here.send(text);
    require(back.recv<std::string>() == text, "echo");
  }
  here.close();
  join(process);
}

void put(mp::Queue<std::string>& queue, std::size_t count) {
  for (std::size_t i = 1; i <= count; ++i) queue.put(std::string(i * i * 50, 'y'));
}

void queue(StartMethod method) {
  constexpr std::size_t count = 12;
  mp::Queue<std::string> queue;
  std::vector<Process> producers;
  for (int i = 0; i < 2; ++i)
    producers.emplace_back(mp::ProcessOptions{.start_method = method}, put, std::ref(queue), count);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < 2 * count; ++i) bytes += take(queue, producers).size();
  require(bytes == 100 * (count * (count + 1) * (2 * count + 1) / 6), "sum of a queue");
  for (auto& producer : producers) join(producer);
  queue.close();
}

// ---- Shared memory ----

void fill(mp::SharedQueue<int>& queue, int count) {
  for (int i = 0; i < count; ++i) queue.put(i);
}

void shared_queue(StartMethod method) {
  constexpr int count = 40;
  mp::SharedQueue<int> queue{4};
  std::vector<Process> producers;
  for (int i = 0; i < 2; ++i)
    producers.emplace_back(mp::ProcessOptions{.start_method = method}, fill, std::ref(queue),
                           count);
  int sum = 0;
  for (int i = 0; i < 2 * count; ++i) sum += take(queue, producers);
  require(sum == count * (count - 1), "sum of a shared queue");
  for (auto& producer : producers) join(producer);
}

void add(mp::Value<long>& value, mp::Array<long>& array) {
  for (int i = 0; i < 50; ++i) {
    {
      const std::scoped_lock guard{value};
      ++*value;
    }
    const std::scoped_lock guard{array};
    for (auto& element : array) ++element;
  }
}

void values(StartMethod method) {
  mp::Value<long> value{0};
  mp::Array<long> array(1000);
  std::vector<Process> processes;
  for (int i = 0; i < 2; ++i)
    processes.emplace_back(mp::ProcessOptions{.start_method = method}, add, std::ref(value),
                           std::ref(array));
  for (auto& process : processes) join(process);
  require(*value == 100, "a value");
  require(std::accumulate(array.begin(), array.end(), 0L) == 100'000, "an array");
}

void meet(mp::Event& event, mp::Barrier& barrier, mp::Semaphore& semaphore,
          mp::Value<int>& inside) {
  event.wait();
  for (int i = 0; i < 3; ++i) {
    barrier.arrive_and_wait();
    const std::scoped_lock unit{semaphore};
    const std::scoped_lock guard{inside};
    ++*inside;
  }
}

void meetings(StartMethod method) {
  mp::Event event;
  mp::Barrier barrier{2};
  mp::Semaphore semaphore{1};
  mp::Value<int> inside{0};
  std::vector<Process> processes;
  for (int i = 0; i < 2; ++i)
    processes.emplace_back(mp::ProcessOptions{.start_method = method}, meet, std::ref(event),
                           std::ref(barrier), std::ref(semaphore), std::ref(inside));
  event.set();
  for (auto& process : processes) join(process);
  require(*inside == 6, "turns");
}

void notify(mp::Condition& condition, mp::Value<int>& count) {
  for (int i = 0; i < 5; ++i) {
    const std::scoped_lock guard{count};
    ++*count;
    condition.notify_all();
  }
}

void condition(StartMethod method) {
  mp::Condition condition;
  mp::Value<int> count{0};
  Process process{{.start_method = method}, notify, std::ref(condition), std::ref(count)};
  {
    std::unique_lock lock{count};
    while (!condition.wait_for(lock, 100ms, [&] { return *count == 5; }))
      if (!process.is_alive()) break;
  }
  join(process);
  require(*count == 5, "notifications");
}

void map_reduce(StartMethod) {
  mp::MapReduce workers{2};
  const auto squares = workers.map(40, [](std::size_t i) { return i * i; });
  require(std::accumulate(squares.begin(), squares.end(), std::size_t{0}) == 20'540, "map");
  std::size_t sum = 0;
  workers.map(
      40, [](std::size_t i) { return i; }, [&](std::size_t i) { sum += i; });
  require(sum == 780, "reduce");
}

// ---- Pools ----

int square(int x) { return x * x; }
std::string twice(const std::string& text) { return text + text; }
int note(mp::Queue<int>& log, int x) { return log.put(x), x; }
int fail(int x) { return x == 3 ? throw std::range_error{"three"} : x; }

void pool(StartMethod method) {
  mp::Pool pool{{.processes = 2, .start_method = method}};
  std::vector<int> numbers(20);
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto squares = pool.map(square, numbers);
  require(std::accumulate(squares.begin(), squares.end(), 0) == 2470, "map");
  auto later = pool.apply_async(twice, std::string(200'000, 'z'));
  require(later.get() == std::string(400'000, 'z'), "apply_async");
  int right = 0;
  auto results = pool.imap(fail, numbers, {.chunk_size = 2});
  for (auto result = results.begin(); result != results.end(); ++result) {
    try {
      right += *result;
    } catch (const mp::RemoteError& error) {
      if (error.type == "std::range_error")
        ++right;
      else
        throw;
    }
  }
  require(right == 188, "imap");
}

void pool_with_queue(StartMethod method) {
  mp::Queue<int> log;
  mp::Pool pool{{.processes = 2, .max_tasks_per_child = 3, .start_method = method}};
  int sum = 0;
  for (const int x : pool.imap_unordered(mp::partial(note, std::ref(log)),
                                         std::vector{1, 2, 3, 4, 5, 6}, {.chunk_size = 1}))
    sum += x;
  require(sum == 21, "results");
  for (int i = 0; i < 6; ++i) sum -= log.try_get().value();
  require(sum == 0, "what was noted");
}

void parallel(StartMethod) {
  const auto results =
      mp::parallel(std::vector{1, 2, 3, 4}, [](int x) { return x * x; }, {.processes = 2});
  require(results == std::vector{1, 4, 9, 16}, "parallel");
}

void memory(StartMethod) {
  for (int i = 0; i < 2; ++i) {
    mp::Memory memory{"results"};
    require(memory.call(square, 12) == 144, "computed or kept");
    require(memory.call(twice, std::string(10'000, 'm')) == std::string(20'000, 'm'), "kept");
  }
}

}  // namespace

const std::vector<Program>& programs() {
  static const std::vector<Program> all{
      {"processes", processes},
      {"pipe", pipe},
      {"queue", queue},
      {"shared_queue", shared_queue},
      {"values", values},
      {"meetings", meetings},
      {"condition", condition},
      {"map_reduce", map_reduce, true},
      {"pool", pool},
      {"pool_with_queue", pool_with_queue},
      {"parallel", parallel, true},
      {"memory", memory, true},
  };
  return all;
}

}  // namespace course
