#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>
#include <benchmark/benchmark.h>
#include <boost/interprocess/ipc/message_queue.hpp>

#include <mp/pipe.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>
#include <python.hpp>

// Pipes and queues compared with their building blocks and with their peers. Each benchmark moves
// the same number of items; compare the items (or bytes) per second.

namespace {

using mp::check;
using mp::FileDescriptor;
using mp::Process;

struct Ends {
  FileDescriptor first, second;
};

Ends socket_pair() {
  std::array<int, 2> ends{};
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
  return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
}

Ends raw_pipe() {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
  return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
}

template <class T>
bool read_all(const FileDescriptor& from, std::span<T> values) {
  for (auto bytes = std::as_writable_bytes(values); !bytes.empty();) {
    const auto got = check(::read(from.get(), bytes.data(), bytes.size()), "read");
    if (got == 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

template <class T>
void write_all(const FileDescriptor& to, std::span<const T> values) {
  for (auto bytes = std::as_bytes(values); !bytes.empty();) {
    const auto put = check(::write(to.get(), bytes.data(), bytes.size()), "write");
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

// ---- Round trips of an int ----

constexpr int round_trips = 5000;

void echo_raw(const FileDescriptor& in, const FileDescriptor& out) {
  for (int value = 0; read_all(in, std::span{&value, 1});) write_all<int>(out, {&value, 1});
}

void round_trip_raw(benchmark::State& state, Ends there, Ends back) {
  // there: read end, write end; back: likewise
  Process echo{[&] {
    there.second.close();
    back.first.close();
    echo_raw(there.first, back.second);
  }};
  there.first.close();
  for (auto _ : state) {
    for (int i = 0; i < round_trips; ++i) {
      int value = i;
      write_all<int>(there.second, {&value, 1});
      read_all(back.first, std::span{&value, 1});
    }
  }
  there.second.close();
  state.SetItemsProcessed(state.iterations() * round_trips);
}

void round_trip_raw_pipe(benchmark::State& state) { round_trip_raw(state, raw_pipe(), raw_pipe()); }

void round_trip_raw_socket(benchmark::State& state) {
  auto there = socket_pair(), back = socket_pair();
  round_trip_raw(state, std::move(there), std::move(back));
}

void echo_mp(mp::Connection connection) {
  try {
    for (;;) connection.send(connection.recv<int>());
  } catch (const mp::EndOfFile&) {
  }
}

void round_trip_mp(benchmark::State& state) {
  auto [here, there] = mp::pipe();
  const Process echo{echo_mp, std::move(there)};
  for (auto _ : state) {
    for (int i = 0; i < round_trips; ++i) {
      here.send(i);
      benchmark::DoNotOptimize(here.recv<int>());
    }
  }
  here.close();
  state.SetItemsProcessed(state.iterations() * round_trips);
}

void round_trip_python(benchmark::State& state) {
  course::python(state, R"(
import multiprocessing as m, time
def echo(c):
    for i in range(5000): c.send(c.recv())
a, b = m.Pipe()
p = m.Process(target=echo, args=(b,))
p.start()
t = time.perf_counter()
for i in range(5000):
    a.send(i)
    a.recv()
print(time.perf_counter() - t)
p.join())");
  state.SetItemsProcessed(state.iterations() * round_trips);
}

// ---- Items through a queue, from one process to another ----

constexpr int items = 100'000;

void queue_raw_pipe(benchmark::State& state) {
  for (auto _ : state) {
    auto pipe = raw_pipe();
    const Process producer{[&] {
      for (int i = 0; i < items; ++i) write_all<int>(pipe.second, {&i, 1});
    }};
    for (int i = 0, value = 0; i < items; ++i) read_all(pipe.first, std::span{&value, 1});
  }
  state.SetItemsProcessed(state.iterations() * items);
}

void produce(mp::Queue<int>& queue) {
  for (int i = 0; i < items; ++i) queue.put(i);
}

void queue_mp(benchmark::State& state) {
  for (auto _ : state) {
    mp::Queue<int> queue;
    const Process producer{produce, std::ref(queue)};
    for (int i = 0; i < items; ++i) benchmark::DoNotOptimize(queue.get());
  }
  state.SetItemsProcessed(state.iterations() * items);
}

void queue_boost(benchmark::State& state) {
  namespace ipc = boost::interprocess;
  const auto name = "course-benchmark-" + std::to_string(::getpid());
  for (auto _ : state) {
    ipc::message_queue::remove(name.c_str());
    ipc::message_queue queue{ipc::create_only, name.c_str(), 1024, sizeof(int)};
    const Process producer{[&] {
      for (int i = 0; i < items; ++i) queue.send(&i, sizeof i, 0);
    }};
    for (int i = 0, value = 0; i < items; ++i) {
      std::size_t size = 0;
      unsigned priority = 0;
      queue.receive(&value, sizeof value, size, priority);
    }
  }
  ipc::message_queue::remove(name.c_str());
  state.SetItemsProcessed(state.iterations() * items);
}

void queue_python(benchmark::State& state, const char* kind) {
  course::python(state, std::string{R"(
import multiprocessing as m, time
def produce(q):
    for i in range(100000): q.put(i)
q = m.)"} + kind + R"(()
p = m.Process(target=produce, args=(q,))
t = time.perf_counter()
p.start()
for i in range(100000): q.get()
print(time.perf_counter() - t)
p.join())");
  state.SetItemsProcessed(state.iterations() * items);
}

// ---- A large vector ----

constexpr std::size_t doubles = 64 << 20 >> 3;  // 64 MiB

void large_raw(benchmark::State& state, Ends (*make)()) {
  const std::vector<double> values(doubles, 1.5);
  for (auto _ : state) {
    auto ends = make();
    const Process producer{[&] { write_all<double>(ends.second, values); }};
    std::vector<double> arrived(doubles);
    read_all(ends.first, std::span{arrived});
    benchmark::DoNotOptimize(arrived.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(doubles * sizeof(double)));
}

void large_mp(benchmark::State& state) {
  const std::vector<double> values(doubles, 1.5);
  for (auto _ : state) {
    auto [here, there] = mp::pipe();
    const Process producer{[&values](mp::Connection connection) { connection.send(values); },
                           std::move(there)};
    const auto arrived = here.recv<std::vector<double>>();
    benchmark::DoNotOptimize(arrived.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(doubles * sizeof(double)));
}

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  const auto add = [](const char* name, auto... benchmark) {
    return benchmark::RegisterBenchmark(name, benchmark...)->Unit(benchmark::kMillisecond);
  };
  add("round_trip/raw_pipe", round_trip_raw_pipe)->UseRealTime();
  add("round_trip/raw_socket", round_trip_raw_socket)->UseRealTime();
  add("round_trip/mp_pipe", round_trip_mp)->UseRealTime();
  add("round_trip/python_Pipe", round_trip_python)->UseManualTime()->Iterations(1);
  add("queue/raw_pipe", queue_raw_pipe)->UseRealTime();
  add("queue/mp_Queue", queue_mp)->UseRealTime();
  add("queue/boost_message_queue", queue_boost)->UseRealTime();
  add("queue/python_Queue", queue_python, "Queue")->UseManualTime()->Iterations(1);
  add("queue/python_SimpleQueue", queue_python, "SimpleQueue")->UseManualTime()->Iterations(1);
  add("large_64MiB/raw_pipe", large_raw, &raw_pipe)->UseRealTime();
  add("large_64MiB/raw_socket", large_raw, &socket_pair)->UseRealTime();
  add("large_64MiB/mp_pipe", large_mp)->UseRealTime();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
