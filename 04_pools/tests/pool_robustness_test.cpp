#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <numeric>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <leftovers.hpp>
#include <mp/pipe.hpp>
#include <mp/pool.hpp>
#include <mp/queue.hpp>
#include <mp/value.hpp>
#include <mp/watchdog.hpp>
#include <mp/worker.hpp>
#include <start_methods.hpp>
#include <temporary_folder.hpp>

// Workers that are killed or stopped anywhere, and what happens meanwhile.

namespace {

using namespace std::chrono_literals;
using course::eventually;
using course::NothingLeftOver;
using mp::Pool;
using mp::Process;
using mp::StartMethod;
using mp::detail::WorkerStep;
using testing::ElementsAre;

int square(int x) { return x * x; }

std::vector<int> numbers_to(int end) {
  std::vector<int> numbers(static_cast<std::size_t>(end));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

pid_t meet(mp::Value<std::atomic<int>>& here, int all) {
  ++*here;
  while (*here < all) std::this_thread::yield();
  return ::getpid();
}

std::vector<pid_t> workers_of(Pool& pool, int processes) {
  mp::Value<std::atomic<int>> here;
  return pool.map(mp::partial(meet, std::ref(here)),
                  std::vector<int>(static_cast<std::size_t>(processes), processes),
                  {.chunk_size = 1});
}

// ---- At every step of a chunk ----

struct Trap {
  std::atomic<WorkerStep> where;
  std::atomic<int> left;  // how many more workers it catches
  std::atomic<int> signal;
  std::atomic<pid_t> caught;
};
Trap* trap = nullptr;

void fall_into_the_trap(WorkerStep where) {
  if (where != trap->where || trap->left.load() <= 0 || trap->left.fetch_sub(1) <= 0) return;
  trap->caught = ::getpid();
  ::raise(trap->signal);
}

// Workers forked from now on have the trap.
class Traps : public testing::TestWithParam<WorkerStep> {
 public:
  ~Traps() override { mp::detail::on_worker_step = nullptr; }

 protected:
  Traps() : memory_{sizeof(Trap)} {
    trap = new (memory_.data()) Trap{};
    mp::detail::on_worker_step = &fall_into_the_trap;
  }
  static void set(int signal, int workers = 1) {
    trap->signal = signal;
    trap->where = GetParam();
    trap->left = workers;
  }

 private:
  mp::SharedMemory memory_;
};
std::string name_of(const testing::TestParamInfo<WorkerStep>& step) {
  constexpr std::array names{"Idle",    "Asleep",   "Claimed",    "Received", "Done",
                             "Written", "Answered", "Delivering", "WokePool"};
  return names.at(static_cast<std::size_t>(step.param));
}
INSTANTIATE_TEST_SUITE_P(Each, Traps,
                         testing::Values(WorkerStep::idle, WorkerStep::asleep, WorkerStep::claimed,
                                         WorkerStep::received, WorkerStep::done,
                                         WorkerStep::written, WorkerStep::answered,
                                         WorkerStep::delivering, WorkerStep::woke_pool),
                         name_of);

// Submits chunks of all kinds, whose results are 0, 1, 2 … Returns how many were lost.
template <class Result>
int map_with_losses(Pool& pool, Result (*call)(int), int count, std::ptrdiff_t chunk_size) {
  int expected = 0, lost = 0;
  auto results = pool.imap(call, numbers_to(count), {.chunk_size = chunk_size});
  for (auto result = results.begin(); result != results.end(); ++result, ++expected) {
    try {
      if constexpr (std::is_same_v<Result, int>)
        EXPECT_EQ(*result, expected);
      else
        EXPECT_EQ((*result).back(), expected);
    } catch (const mp::WorkerDied&) {
      ++lost;
    }
  }
  EXPECT_EQ(expected, count);
  return lost;
}

int same(int x) { return x; }
std::vector<int> many(int x) { return std::vector<int>(1000, x); }          // in an area, or larger
std::vector<int> very_many(int x) { return std::vector<int>(200'000, x); }  // through the socket

TEST_P(Traps, AWorkerThatIsKilledThereLosesItsChunkAtMost) {
  const NothingLeftOver nothing;
  for (const int processes : {1, 3}) {
    Pool pool{{.processes = processes, .start_method = StartMethod::fork}};
    for (int round = 0; round < 3; ++round) {
      set(SIGKILL);
      EXPECT_LE(map_with_losses(pool, same, 200, 1), 1);
      EXPECT_LE(map_with_losses(pool, same, 200, 7), 7);
      EXPECT_LE(map_with_losses(pool, many, 50, 1), 1);
      EXPECT_LE(map_with_losses(pool, very_many, 10, 1), 1);
    }
    set(SIGKILL, 5);
    EXPECT_LE(map_with_losses(pool, same, 2000, 1), 5);
    trap->left = 0;
    EXPECT_EQ(map_with_losses(pool, same, 200, 1), 0);
    EXPECT_EQ(pool.apply_async(square, 3).get(), 9);
  }
}

TEST_P(Traps, AWorkerThatIsStoppedThereHoldsUpItsChunkOnly) {
  const NothingLeftOver nothing;
  Pool pool{{.processes = 3, .start_method = StartMethod::fork}};
  for (int round = 0; round < 3; ++round) {
    set(SIGSTOP);
    std::atomic<int> arrived = 0;
    const int count = 400;
    std::thread others{[&] {
      for (const auto& result :
           pool.imap_unordered(round == 2 ? very_many : many, numbers_to(count / 8)))
        arrived += result.back() >= 0;
      for ([[maybe_unused]] const int result : pool.imap_unordered(same, numbers_to(count)))
        ++arrived;
    }};
    // All except the stopped worker's chunk arrive, at least of the first kind.
    EXPECT_TRUE(eventually([&] { return arrived >= count / 8 - 1; }));
    trap->left = 0;
    bool continued = false;
    EXPECT_TRUE(eventually([&] {
      if (const pid_t caught = trap->caught.exchange(0); caught != 0) {
        ::kill(caught, SIGCONT);
        continued = true;
      }
      return arrived == count / 8 + count;
    }));
    others.join();
    (void)continued;
  }
}

// ---- Stopped from outside ----

TEST(PoolWithAStoppedWorker, OthersGoOn) {
  const NothingLeftOver nothing;
  Pool pool{2};
  const auto workers = workers_of(pool, 2);
  for (const pid_t stopped : workers) {
    ::kill(stopped, SIGSTOP);
    ASSERT_TRUE(eventually([&] { return course::process_state(stopped).state == 'T'; }));
    for (int i = 0; i < 50; ++i) {
      ASSERT_EQ(pool.apply(square, i), i * i);
      ASSERT_EQ(pool.apply_async(square, i).get(), i * i);
    }
    EXPECT_EQ(pool.map(same, numbers_to(1000), {.chunk_size = 1}), numbers_to(1000));
    ::kill(stopped, SIGCONT);
  }
}

TEST(PoolWithAStoppedWorker, EndsAllTheSame) {
  const NothingLeftOver nothing;
  Pool pool{2};
  for (const pid_t worker : workers_of(pool, 2)) ::kill(worker, SIGSTOP);
}

// ---- Sizes and numbers ----

TEST(PoolOfAllSizes, ChunksAndRepliesOfEverySizeArrive) {
  const NothingLeftOver nothing;
  Pool pool{2};
  const auto echo = [](const std::string& text) { return text; };
  std::vector<std::string> texts;
  for (const std::size_t size : {0U, 1U, 100U, 150U, 200U, 210U, 220U, 230U, 300U, 4096U, 131000U,
                                 131030U, 131050U, 131072U, 131100U, 200'000U, 5'000'000U})
    texts.emplace_back(size, static_cast<char>('a' + texts.size()));
  for (const std::ptrdiff_t chunk_size : {1, 2, 5})
    EXPECT_EQ(pool.map(echo, texts, {.chunk_size = chunk_size}), texts);
  // A small chunk with a large reply, and vice versa.
  const auto grow = [](std::size_t size) { return std::string(size, 'x'); };
  const auto shrink = [](const std::string& text) { return text.size(); };
  for (const std::size_t size : {100UL, 1000UL, 100'000UL, 3'000'000UL}) {
    EXPECT_EQ(pool.apply(grow, size), std::string(size, 'x'));
    EXPECT_EQ(pool.apply(shrink, std::string(size, 'x')), size);
  }
}

TEST(PoolOfAllSizes, MoreMediumChunksThanThereIsRoomFor) {
  Pool pool{3};
  std::vector<std::vector<int>> blocks(500);
  for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i].assign(10'000, static_cast<int>(i));
  const auto sum = [](const std::vector<int>& block) {
    return std::accumulate(block.begin(), block.end(), 0);
  };
  const auto sums = pool.map_async(sum, blocks, {.chunk_size = 1}).get();
  for (std::size_t i = 0; i < blocks.size(); ++i) ASSERT_EQ(sums[i], static_cast<int>(10'000 * i));
}

TEST(PoolOfAllSizes, AThousandWorkersOneAfterTheOther) {
  const NothingLeftOver nothing;
  Pool pool{{.processes = 4, .max_tasks_per_child = 1}};
  const auto pids = pool.map([](int) { return ::getpid(); }, numbers_to(1000), {.chunk_size = 1});
  EXPECT_GT(std::set<pid_t>(pids.begin(), pids.end()).size(), 900U);  // pids may be reused
}

TEST(PoolOfAllSizes, TasksMayWaitForLaterOnes) {
  Pool pool{8};
  for (int round = 0; round < 5; ++round) EXPECT_EQ(workers_of(pool, 8).size(), 8U);
}

TEST(PoolOfAllSizes, MoreWorkersThanCells) {
  const NothingLeftOver nothing;
  Pool pool{{.processes = 300, .start_method = StartMethod::fork}};
  const auto workers = workers_of(pool, 300);
  EXPECT_EQ(std::set<pid_t>(workers.begin(), workers.end()).size(), 300U);
}

TEST(PoolOfAllSizes, WithoutWorkItTakesNoTime) {
  Pool pool{2};
  pool.map(square, numbers_to(1000), {.chunk_size = 1});
  auto never = pool.map_async(square, numbers_to(10));
  never.wait();
  const auto time_of = [](pid_t pid) {
    clockid_t clock{};
    timespec time{};
    ::clock_getcpuclockid(pid, &clock);
    ::clock_gettime(clock, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
  };
  const auto workers = course::descendants();
  ASSERT_GE(workers.size(), 2U);
  ASSERT_TRUE(eventually([&] {
    return std::ranges::all_of(workers,
                               [](pid_t pid) { return course::process_state(pid).state == 'S'; });
  }));
  std::vector<std::chrono::nanoseconds> before;
  for (const pid_t pid : workers) before.push_back(time_of(pid));
  const auto own = time_of(0);
  std::this_thread::sleep_for(300ms);
  for (std::size_t i = 0; i < workers.size(); ++i) EXPECT_LT(time_of(workers[i]) - before[i], 1ms);
  EXPECT_LT(time_of(0) - own, 2ms);
}

TEST(PoolOfAllSizes, OneProcessorIsEnough) {
  Process child{[] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(::sched_getcpu(), &one);
    ::sched_setaffinity(0, sizeof one, &one);
    Pool pool{3};
    bool right = pool.map(same, numbers_to(5000), {.chunk_size = 1}) == numbers_to(5000);
    for (int i = 0; i < 100; ++i) right = right && pool.apply(square, i) == i * i;
    std::exit(right ? 0 : 5);
  }};
  EXPECT_TRUE(child.join().success());
}

// ---- References ----

int work(mp::Queue<int>& log, int x) {
  log.put(x);
  return x;
}

void require(bool right, const char* what) {
  if (!right) throw std::runtime_error{what};
}

void refer_to_one_queue_often() {
  mp::Queue<int> log;
  std::thread reader{[&] {
    for (int i = 0; i < 1020; ++i) log.get();
  }};
  Pool pool{2};
  const rlimit few{100, 100};
  require(::setrlimit(RLIMIT_NOFILE, &few) == 0, "setrlimit");
  std::vector<mp::AsyncResult<int>> results;
  for (int i = 0; i < 1000; ++i) results.push_back(pool.apply_async(work, std::ref(log), i));
  for (int i = 0; i < 1000; ++i)
    require(results[static_cast<std::size_t>(i)].get() == i, "another result");
  require(pool.map(mp::partial(work, std::ref(log)), numbers_to(20), {.chunk_size = 1}) ==
              numbers_to(20),
          "other results");
  reader.join();
}

TEST(PoolWithFewDescriptors, ReferringToAQueueTakesOneForAllChunks) {
  EXPECT_TRUE(Process{refer_to_one_queue_often}.join().success());
}

// As in a container that forbids comparing processes.
void forbid_kcmp() {
  std::array<sock_filter, 4> rules{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kcmp, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{rules.size(), rules.data()};
  require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
  require(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "PR_SET_SECCOMP");
}

TEST(PoolWithFewDescriptors, TheKernelNeedNotTellWhatIsTheSame) {
  Process process{[] {
    forbid_kcmp();
    refer_to_one_queue_often();
  }};
  EXPECT_TRUE(process.join().success());
}

// ---- Output ----

int say_and_die(int number) {
  std::printf("call %d\n", number);
  if (number == 9) ::raise(SIGKILL);
  return number;
}

TEST(PoolOutput, ComesBeforeTheResult) {
  const NothingLeftOver nothing;
  course::Pipe output;
  Process program{[&] {
    ::dup2(output.write.get(), STDOUT_FILENO);
    Pool pool{1};
    try {
      for (const int result : pool.imap(say_and_die, numbers_to(10))) {
        std::printf("got %d\n", result);
        std::fflush(stdout);
      }
    } catch (const mp::WorkerDied&) {
      std::printf("died\n");
    }
  }};
  output.write.close();
  const auto text = course::read_all(output.read);
  EXPECT_TRUE(program.join().success());
  std::size_t after = 0;
  for (int i = 0; i < 9; ++i) {
    const auto call = text.find("call " + std::to_string(i) + "\n");
    const auto got = text.find("got " + std::to_string(i) + "\n");
    ASSERT_NE(call, text.npos) << text;
    ASSERT_NE(got, text.npos) << text;
    EXPECT_LT(call, got) << text;
    after = got;
  }
  EXPECT_GT(text.find("died"), after);
}

// ---- Hosts ----

TEST(PoolInAHost, ReplacesWorkersWithoutRootsRights) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has privileges to give up";
  Process host{[] {
    Pool pool{{.processes = 2, .max_tasks_per_child = 1}};
    mp::check(::setresuid(65534, 65534, 65534), "setresuid");
    std::exit(pool.map(square, numbers_to(20), {.chunk_size = 1})[19] == 361 ? 0 : 3);
  }};
  EXPECT_TRUE(host.join().success());
}

std::string file_of_the_exit_handler;

void create_file_at_exit(const std::string& path) {
  file_of_the_exit_handler = path;
  std::atexit([] { std::ofstream{file_of_the_exit_handler} << "ended in order"; });
}

std::unique_ptr<Pool> global_pool;  // destroyed after the exit handlers that come later

void leave_a_pool(const std::string& path) {
  global_pool = std::make_unique<Pool>(1);
  global_pool->apply(create_file_at_exit, path);
}

TEST(PoolInAHost, EndsInOrderAlthoughItIsGlobal) {
  const course::TemporaryFolder folder;
  const auto path = folder.path() / "file";
  Process host{{.start_method = StartMethod::spawn}, leave_a_pool, path.string()};
  EXPECT_TRUE(host.join().success());
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(PoolInAHost, ReplacesWorkersWhileAThreadWaitsForInput) {
  const course::Pipe input;
  FILE* const stream = ::fdopen(::dup(input.read.get()), "r");
  std::thread reader{[&] { static_cast<void>(std::fgetc(stream)); }};
  while (::ftrylockfile(stream) == 0) ::funlockfile(stream);
  {
    Pool pool{{.processes = 2, .max_tasks_per_child = 1}};
    EXPECT_THAT(pool.map(square, numbers_to(4), {.chunk_size = 1}), ElementsAre(0, 1, 4, 9));
  }
  course::write_text(input.write, "x");
  reader.join();
  std::fclose(stream);
}

TEST(PoolInAHost, ThatIgnoresSigchld) {
  Process host{[] {
    std::signal(SIGCHLD, SIG_IGN);
    Pool pool{{.processes = 2, .max_tasks_per_child = 2}};
    const bool right = pool.map(same, numbers_to(20), {.chunk_size = 1}) == numbers_to(20);
    std::exit(right ? 0 : 5);
  }};
  EXPECT_TRUE(host.join().success());
}

TEST(PoolInAHost, ThatForksInAnotherThread) {
  Pool pool{2};
  std::atomic<bool> done = false;
  std::thread forks{[&] {
    while (!done) {
      const pid_t child = ::fork();
      if (child == 0) ::_exit(0);
      ::waitpid(child, nullptr, 0);
    }
  }};
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(pool.apply(square, i), i * i);
    EXPECT_EQ(pool.map_async(square, std::vector{i}).get().front(), i * i);
  }
  done = true;
  forks.join();
}

TEST(PoolInAHost, TwoThreadsWaitWhileWorkersAreKilled) {
  const NothingLeftOver nothing;
  Pool pool{3};
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  const auto use = [&] {
    for (int round = 0; round < 20; ++round) {
      int expected = 0;
      auto results = pool.imap(same, numbers_to(300));
      for (auto result = results.begin(); result != results.end(); ++result, ++expected) {
        try {
          if (*result != expected) ++wrong;
        } catch (const mp::WorkerDied&) {
        }
      }
      if (expected != 300) ++wrong;
    }
  };
  std::thread killer{[&] {
    for (std::size_t i = 0; !done; ++i) {
      const auto workers = course::descendants();
      if (!workers.empty())
        ::kill(workers[i % workers.size()], i % 3 == 0 ? SIGKILL : i % 3 == 1 ? SIGSTOP : SIGCONT);
      std::this_thread::sleep_for(3ms);
      for (const pid_t worker : workers) ::kill(worker, SIGCONT);
    }
  }};
  std::thread first{use}, second{use};
  first.join();
  second.join();
  done = true;
  killer.join();
  EXPECT_EQ(wrong, 0);
  for (const pid_t worker : course::descendants()) ::kill(worker, SIGCONT);
  EXPECT_EQ(pool.apply(square, 3), 9);
}

}  // namespace
