#include <pthread.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <vector>
#include <benchmark/benchmark.h>

#include <mp/lock.hpp>
#include <mp/message.hpp>
#include <mp/process.hpp>

// The cost of the toolkit compared with the system calls it uses. Each pair is side by side, the
// system calls first.

namespace {

using mp::check;
using mp::Process;
using mp::StartMethod;

constexpr auto do_nothing_flag = "--do-nothing";

// ---- Starting a process and waiting for its end ----

// Memory that the parent has touched, so that a fork copies its page tables.
std::vector<char> parent_memory(const benchmark::State& state) {
  return std::vector<char>(static_cast<std::size_t>(state.range(0)) << 20, 'x');
}

void wait_for(pid_t pid) { check(::waitpid(pid, nullptr, 0), "waitpid"); }

void do_nothing() {}

void start_raw_fork(benchmark::State& state) {
  const auto memory = parent_memory(state);
  for (auto _ : state) {
    const auto pid = check(::fork(), "fork");
    if (pid == 0) ::_exit(0);
    wait_for(pid);
  }
}

void start_raw_posix_spawn(benchmark::State& state) {
  const auto memory = parent_memory(state);
  std::string program = "process_benchmark", flag = do_nothing_flag;
  char* const arguments[] = {program.data(), flag.data(), nullptr};
  for (auto _ : state) {
    pid_t pid = 0;
    if (::posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, arguments, ::environ) != 0)
      return state.SkipWithError("posix_spawn");
    wait_for(pid);
  }
}

template <StartMethod method>
void start_mp(benchmark::State& state) {
  const auto memory = parent_memory(state);
  for (auto _ : state) Process{{.start_method = method}, &do_nothing}.join();
}

void start_std_thread(benchmark::State& state) {
  const auto memory = parent_memory(state);
  for (auto _ : state) std::jthread{&do_nothing}.join();
}

// ---- Locking ----

// A plain pthread mutex in shared memory.
class RawMutex {
 public:
  explicit RawMutex(bool robust) {
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (robust) {
      ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
      ::pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    }
    ::pthread_mutex_init(mutex_, &attributes);
    ::pthread_mutexattr_destroy(&attributes);
  }
  void lock() { ::pthread_mutex_lock(mutex_); }
  void unlock() { ::pthread_mutex_unlock(mutex_); }

 private:
  mp::SharedMemory memory_{sizeof(pthread_mutex_t)};
  pthread_mutex_t* mutex_ = reinterpret_cast<pthread_mutex_t*>(memory_.data());
};

struct RawPlainMutex : RawMutex {
  RawPlainMutex() : RawMutex{false} {}
};
struct RawRobustMutex : RawMutex {
  RawRobustMutex() : RawMutex{true} {}
};

template <class Mutex>
void lock_alone(benchmark::State& state) {
  Mutex mutex;
  for (auto _ : state) {
    mutex.lock();
    mutex.unlock();
  }
}

template <class Mutex>
void lock_contended(benchmark::State& state) {
  Mutex mutex;
  const mp::SharedMemory memory{sizeof(std::atomic<int>)};
  auto& stage = *reinterpret_cast<std::atomic<int>*>(memory.data());
  Process rival{[&] {
    for (stage = 1; stage == 1;) {
      mutex.lock();
      mutex.unlock();
    }
  }};
  while (stage == 0) std::this_thread::yield();
  for (auto _ : state) {
    mutex.lock();
    mutex.unlock();
  }
  stage = 2;
}

// ---- Messages ----

using Record = std::tuple<int, double, std::string>;
using Numbers = std::vector<double>;

const int an_int = 7;
const Record a_record{7, 0.5, "seven and a half"};
const Numbers a_mebibyte((1 << 20) / sizeof(double), 0.5);

template <const auto& value>
void pack_raw_copy(benchmark::State& state) {
  const auto bytes = mp::encode(value).bytes;
  for (auto _ : state) {
    std::string there{bytes};
    benchmark::DoNotOptimize(there.data());
    std::string back{there};
    benchmark::DoNotOptimize(back.data());
  }
}

template <const auto& value>
void pack_mp(benchmark::State& state) {
  using T = std::remove_cvref_t<decltype(value)>;
  for (auto _ : state) {
    auto back = mp::decode<T>(mp::encode(value));
    benchmark::DoNotOptimize(back);
  }
}

struct Sockets {
  mp::FileDescriptor here, there;
  Sockets() {
    int ends[2];
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
    here = mp::FileDescriptor{ends[0]};
    there = mp::FileDescriptor{ends[1]};
  }
};

bool send_raw(const mp::FileDescriptor& socket, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto sent = ::send(socket.get(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    done += static_cast<std::size_t>(sent);
  }
  return true;
}

bool receive_raw(const mp::FileDescriptor& socket, std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto got = ::recv(socket.get(), bytes.data() + done, bytes.size() - done, 0);
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

// A round trip between two processes, with as many bytes as the message takes.
template <const auto& value>
void send_raw_bytes(benchmark::State& state) {
  constexpr std::size_t header = 16;
  std::string bytes(header + mp::encode(value).bytes.size(), 'x');
  Sockets sockets;
  Process echo{[&] {
    sockets.here.close();
    while (receive_raw(sockets.there, bytes) && send_raw(sockets.there, bytes))
      ;
  }};
  sockets.there.close();
  for (auto _ : state)
    if (!send_raw(sockets.here, bytes) || !receive_raw(sockets.here, bytes))
      return state.SkipWithError("the echo has ended");
  sockets.here.close();
}

template <const auto& value>
void send_mp(benchmark::State& state) {
  using T = std::remove_cvref_t<decltype(value)>;
  Sockets sockets;
  Process echo{[&] {
    sockets.here.close();
    try {
      for (;;) mp::send(sockets.there, mp::receive<T>(sockets.there));
    } catch (const mp::EndOfFile&) {
    }
  }};
  sockets.there.close();
  for (auto _ : state) {
    mp::send(sockets.here, value);
    benchmark::DoNotOptimize(mp::receive<T>(sockets.here));
  }
  sockets.here.close();
}

// ---- In the order of comparison ----

void register_all() {
  using benchmark::RegisterBenchmark;
  // The argument is how many MiB the parent has touched.
  const auto start = [](const char* name, auto* function,
                        const std::vector<std::int64_t>& mebibytes) {
    auto* const benchmark = RegisterBenchmark(name, function)->UseRealTime();
    benchmark->Unit(benchmark::kMicrosecond);
    for (const auto size : mebibytes) benchmark->Arg(size);
  };
  start("start_join/raw_fork", start_raw_fork, {0, 256});
  start("start_join/mp_fork", start_mp<StartMethod::fork>, {0, 256});
  start("start_join/mp_forkserver", start_mp<StartMethod::forkserver>, {0, 256});
  start("start_join/raw_posix_spawn", start_raw_posix_spawn, {0, 256});
  start("start_join/mp_spawn", start_mp<StartMethod::spawn>, {0, 256});
  start("start_join/std_thread", start_std_thread, {0, 256});
  start("growth_start/fork", start_mp<StartMethod::fork>, {1, 4, 16, 64, 256, 1024});
  start("growth_start/spawn", start_mp<StartMethod::spawn>, {1, 4, 16, 64, 256, 1024});
  start("growth_start/forkserver", start_mp<StartMethod::forkserver>, {1, 4, 16, 64, 256, 1024});
  const auto time = [](const char* name, auto* function) {
    RegisterBenchmark(name, function)->UseRealTime();
  };
  time("lock_alone/raw_plain", lock_alone<RawPlainMutex>);
  time("lock_alone/raw_robust", lock_alone<RawRobustMutex>);
  time("lock_alone/mp_lock", lock_alone<mp::Lock>);
  time("lock_contended/raw_plain", lock_contended<RawPlainMutex>);
  time("lock_contended/raw_robust", lock_contended<RawRobustMutex>);
  time("lock_contended/mp_lock", lock_contended<mp::Lock>);
  time("encode_decode/raw_copy/int", pack_raw_copy<an_int>);
  time("encode_decode/mp_message/int", pack_mp<an_int>);
  time("encode_decode/raw_copy/tuple", pack_raw_copy<a_record>);
  time("encode_decode/mp_message/tuple", pack_mp<a_record>);
  time("encode_decode/raw_copy/1MiB", pack_raw_copy<a_mebibyte>);
  time("encode_decode/mp_message/1MiB", pack_mp<a_mebibyte>);
  time("there_and_back/raw_bytes/int", send_raw_bytes<an_int>);
  time("there_and_back/mp_message/int", send_mp<an_int>);
  time("there_and_back/raw_bytes/tuple", send_raw_bytes<a_record>);
  time("there_and_back/mp_message/tuple", send_mp<a_record>);
  time("there_and_back/raw_bytes/1MiB", send_raw_bytes<a_mebibyte>);
  time("there_and_back/mp_message/1MiB", send_mp<a_mebibyte>);
}

}  // namespace

int main(int argc, char** argv) {
  // The program that posix_spawn starts does as little as the one that mp::Process starts.
  if (argc == 2 && std::string_view{argv[1]} == do_nothing_flag) return 0;
  mp::init(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  register_all();
  benchmark::RunSpecifiedBenchmarks();
}
