#include <unistd.h>
#include <array>
#include <functional>
#include <string>
#include <vector>
#include <benchmark/benchmark.h>
#include <boost/interprocess/ipc/message_queue.hpp>

#include <mp/process.hpp>
#include <mp/queue.hpp>
#include <mp/shared_queue.hpp>
#include <python.hpp>

// The shared queue compared with its peers. Every benchmark moves the same number of ints from some
// producers to some consumers; compare the items per second.

namespace {

using mp::check;
using mp::Process;

constexpr int items = 1'000'000;
constexpr int capacity = 1024;

// `put(i)` and `get()` are called in the producers and in the consumers.
void move_items(benchmark::State& state, const std::function<void(int)>& put,
                const std::function<void()>& get) {
  const int producers = static_cast<int>(state.range(0));
  const int consumers = static_cast<int>(state.range(1));
  for (auto _ : state) {
    std::vector<Process> all;
    for (int p = 0; p < producers; ++p)
      all.emplace_back([&] {
        for (int i = 0; i < items / producers; ++i) put(i);
      });
    for (int c = 0; c < consumers; ++c)
      all.emplace_back([&] {
        for (int i = 0; i < items / consumers; ++i) get();
      });
    for (auto& process : all) process.join();
  }
  state.SetItemsProcessed(state.iterations() * items);
}

void shared_queue(benchmark::State& state) {
  mp::SharedQueue<int> queue{capacity};
  move_items(
      state, [&](int i) { queue.put(i); }, [&] { benchmark::DoNotOptimize(queue.get()); });
}

void boost_message_queue(benchmark::State& state) {
  namespace ipc = boost::interprocess;
  const auto name = "course-queue-benchmark-" + std::to_string(::getpid());
  ipc::message_queue::remove(name.c_str());
  ipc::message_queue queue{ipc::create_only, name.c_str(), capacity, sizeof(int)};
  ipc::message_queue::remove(name.c_str());  // destroyed when the last process closes it
  move_items(
      state, [&](int i) { queue.send(&i, sizeof i, 0); },
      [&] {
        int value = 0;
        std::size_t size = 0;
        unsigned priority = 0;
        queue.receive(&value, sizeof value, size, priority);
        benchmark::DoNotOptimize(value);
      });
}

void pipe_queue(benchmark::State& state) {
  mp::Queue<int> queue;
  move_items(
      state, [&](int i) { queue.put(i); }, [&] { benchmark::DoNotOptimize(queue.get()); });
}

// Four bytes are written and read in one piece, so several processes may do it.
void raw_pipe(benchmark::State& state) {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
  const mp::FileDescriptor read_end{ends[0]}, write_end{ends[1]};
  move_items(
      state, [&](int i) { check(::write(write_end.get(), &i, sizeof i), "write"); },
      [&] {
        int value = 0;
        check(::read(read_end.get(), &value, sizeof value), "read");
        benchmark::DoNotOptimize(value);
      });
}

void python_queue(benchmark::State& state) {
  course::python(state, R"(
import multiprocessing as m, time
n, p, c = )" + std::to_string(items) +
                            ", " + std::to_string(state.range(0)) + ", " +
                            std::to_string(state.range(1)) + R"(
def produce(q):
    for i in range(n // p): q.put(i)
def consume(q):
    for i in range(n // c): q.get()
q = m.Queue(1024)
ps = [m.Process(target=produce, args=(q,)) for _ in range(p)] + [m.Process(target=consume, args=(q,)) for _ in range(c)]
t = time.perf_counter()
for x in ps: x.start()
for x in ps: x.join()
print(time.perf_counter() - t))");
  state.SetItemsProcessed(state.iterations() * items);
}

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  const auto add = [](const char* name, auto benchmark) {
    return benchmark::RegisterBenchmark(name, benchmark)
        ->ArgNames({"producers", "consumers"})
        ->Args({1, 1})
        ->Args({4, 4})
        ->Unit(benchmark::kMillisecond);
  };
  add("shared_queue/boost_message_queue", boost_message_queue)->UseRealTime();
  add("shared_queue/mp_SharedQueue", shared_queue)->UseRealTime();
  add("shared_queue/mp_Queue", pipe_queue)->UseRealTime();
  add("shared_queue/raw_pipe", raw_pipe)->UseRealTime();
  add("shared_queue/python_Queue", python_queue)->UseManualTime()->Iterations(1);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
