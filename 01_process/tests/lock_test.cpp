#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mp/lock.hpp>
#include <mp/process.hpp>

#ifdef __SANITIZE_THREAD__
// These tests make mistakes on purpose, and ThreadSanitizer takes a mutex whose holder died for an
// unlocked one.
extern "C" const char* __tsan_default_options() { return "report_mutex_bugs=0"; }
#endif

namespace {

using namespace std::chrono_literals;
using mp::Lock;
using mp::Process;
using mp::SharedMemory;
using mp::StartMethod;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

// The data shared by the processes of a test; shared memory starts as zeros.
struct Board {
  std::atomic<int> arrived, inside, overlaps, locked, owner_died;
  std::atomic<bool> go;
  long plain;  // protected only by the lock
};

Board& board_in(const SharedMemory& memory) { return *reinterpret_cast<Board*>(memory.data()); }

void wait_until(auto condition) {
  while (!condition()) std::this_thread::yield();
}

// The process has announced itself and sleeps now, so it waits for the lock.
void wait_until_asleep(pid_t pid) {
  wait_until([&] {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string line;
    std::getline(file, line);
    const auto state = line.rfind(") ");
    return state != std::string::npos && line.substr(state + 2, 1) == "S";
  });
}

template <class Function>
int error_of(Function&& function) {
  try {
    function();
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

// ---- What the processes do ----

void increment(Lock& lock, SharedMemory& memory, int times) {
  auto& board = board_in(memory);
  ++board.arrived;
  wait_until([&] { return board.go.load(); });
  for (int i = 0; i < times; ++i) {
    const std::scoped_lock guard{lock};
    ++board.plain;
  }
}

void detect_overlaps(Lock& lock, SharedMemory& memory, int times) {
  auto& board = board_in(memory);
  for (int i = 0; i < times; ++i) {
    const std::scoped_lock guard{lock};
    if (board.inside.fetch_add(1) != 0) ++board.overlaps;
    if (i % 64 == 0) std::this_thread::yield();  // gives others the chance to interfere
    --board.inside;
  }
}

void hold_until_told(Lock& lock, SharedMemory& memory) {
  auto& board = board_in(memory);
  const std::scoped_lock guard{lock};
  ++board.arrived;
  wait_until([&] { return board.go.load(); });
}

void wait_for_lock_when_idle(Lock& lock, SharedMemory& memory) {
  const sched_param parameters{};
  mp::check(::sched_setscheduler(0, SCHED_IDLE, &parameters), "sched_setscheduler");
  ++board_in(memory).arrived;
  const std::scoped_lock guard{lock};
}

enum class End { killed, returns, exits, throws };

void hold_and_end(Lock& lock, SharedMemory& memory, End end) {
  lock.lock();
  ++board_in(memory).arrived;
  wait_until([&] { return board_in(memory).go.load(); });
  switch (end) {
    case End::killed:
      ::raise(SIGKILL);
      break;
    case End::returns:
      return;
    case End::exits:
      std::exit(0);
    case End::throws:
      throw 1;
  }
}

enum class Way { lock, try_lock, timed };

bool lock_by(Way way, Lock& lock) {
  switch (way) {
    case Way::lock:
      lock.lock();
      return true;
    case Way::try_lock:
      return lock.try_lock();
    case Way::timed:
      return lock.try_lock_for(1h);
  }
  return false;
}

void wait_for_lock(Lock& lock, SharedMemory& memory, Way way) {
  auto& board = board_in(memory);
  ++board.arrived;
  try {
    if (!lock_by(way, lock)) return;
    ++board.locked;
    lock.unlock();
  } catch (const mp::OwnerDied&) {
    ++board.owner_died;
  }
}

void lock_both(Lock& first, Lock& second, SharedMemory& memory, int times) {
  for (int i = 0; i < times; ++i) {
    const std::scoped_lock guard{first, second};
    ++board_in(memory).plain;
  }
}

void unlock_what_another_holds(Lock& lock, SharedMemory& memory) {
  if (error_of([&] { lock.unlock(); }) == EPERM) ++board_in(memory).arrived;
  if (!lock.try_lock()) ++board_in(memory).arrived;
}

// A process that holds the lock during this object's lifetime.
class Holder {
 public:
  Holder(StartMethod method, Lock& lock)
      : process_{{.start_method = method}, &hold_until_told, std::ref(lock), std::ref(memory_)} {
    wait_until([&] { return board_in(memory_).arrived == 1; });
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() { release(); }

  void release() { board_in(memory_).go = true; }
  void join() { process_.join(); }

 private:
  SharedMemory memory_{sizeof(Board)};
  Process process_;
};

class LockUnder : public testing::TestWithParam<StartMethod> {
 protected:
#ifdef __SANITIZE_THREAD__
  void SetUp() override {
    if (GetParam() == StartMethod::forkserver)
      GTEST_SKIP() << "ThreadSanitizer makes vfork a fork, whose handlers wait for this thread";
  }
#endif

  template <class... Call>
  Process start(Call&&... call) {
    return Process{{.start_method = GetParam()}, std::forward<Call>(call)...};
  }

  SharedMemory memory{sizeof(Board)};
  Board& board = board_in(memory);
  Lock lock;
};

std::string method_name(const testing::TestParamInfo<StartMethod>& info) {
  return info.param == StartMethod::fork    ? "fork"
         : info.param == StartMethod::spawn ? "spawn"
                                            : "forkserver";
}

INSTANTIATE_TEST_SUITE_P(StartMethods, LockUnder,
                         testing::Values(StartMethod::fork, StartMethod::spawn,
                                         StartMethod::forkserver),
                         method_name);

// ---- Mutual exclusion ----

TEST_P(LockUnder, AllIncrementsAreThere) {
  constexpr int processes = 8, times = 100'000;
  std::vector<Process> all;
  for (int i = 0; i < processes; ++i)
    all.push_back(start(&increment, std::ref(lock), std::ref(memory), times));
  wait_until([&] { return board.arrived == processes; });
  board.go = true;
  for (auto& process : all) EXPECT_TRUE(process.join().success());
  EXPECT_EQ(board.plain, processes * times);
}

TEST_P(LockUnder, NoProcessEntersWhileAnotherIsInside) {
  std::vector<Process> all;
  for (int i = 0; i < 4; ++i)
    all.push_back(start(&detect_overlaps, std::ref(lock), std::ref(memory), 5'000));
  for (auto& process : all) EXPECT_TRUE(process.join().success());
  EXPECT_EQ(board.overlaps, 0);
}

TEST_P(LockUnder, TryLockFailsWhileAnotherHoldsIt) {
  Holder holder{GetParam(), lock};
  EXPECT_FALSE(lock.try_lock());
  EXPECT_FALSE(lock.try_lock_for(0s));
  EXPECT_FALSE(lock.try_lock_for(-1h));
  EXPECT_FALSE(lock.try_lock_for(std::chrono::hours::min()));
  EXPECT_FALSE(lock.try_lock_for(-std::chrono::duration<double>::max()));
  EXPECT_FALSE(lock.try_lock_until(Clock::time_point::min()));
  EXPECT_FALSE(lock.try_lock_until(std::chrono::system_clock::time_point::min()));
  holder.release();
  holder.join();
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

TEST_P(LockUnder, LongestTimeLimitsWaitUntilTheLockIsFree) {
  const auto locks_when_free = [&](auto attempt) {
    Holder holder{GetParam(), lock};
    const auto waiter = ::gettid();
    std::jthread releaser{[&] {
      wait_until_asleep(waiter);
      holder.release();
    }};
    EXPECT_TRUE(attempt());
    lock.unlock();
  };
  locks_when_free([&] { return lock.try_lock_for(1h); });
  locks_when_free([&] { return lock.try_lock_for(std::chrono::hours::max()); });
  locks_when_free([&] { return lock.try_lock_for(std::chrono::nanoseconds::max()); });
  locks_when_free([&] {
    return lock.try_lock_for(
        std::chrono::duration<double>{std::numeric_limits<double>::infinity()});
  });
  locks_when_free([&] { return lock.try_lock_until(Clock::time_point::max()); });
  locks_when_free(
      [&] { return lock.try_lock_until(std::chrono::system_clock::time_point::max()); });
  locks_when_free([&] {
    using Hours = std::chrono::time_point<std::chrono::system_clock, std::chrono::hours>;
    return lock.try_lock_until(Hours::max());
  });
}

TEST_P(LockUnder, TwoLocksAreTakenWithoutDeadlock) {
  Lock other;
  auto there = start(&lock_both, std::ref(lock), std::ref(other), std::ref(memory), 5'000);
  auto back = start(&lock_both, std::ref(other), std::ref(lock), std::ref(memory), 5'000);
  EXPECT_TRUE(there.join().success());
  EXPECT_TRUE(back.join().success());
  EXPECT_EQ(board.plain, 10'000);
}

// ---- The holder dies ----

TEST_P(LockUnder, NextOneLearnsOnceThatTheHolderDied) {
  for (const End end : {End::killed, End::returns, End::exits, End::throws}) {
    for (const Way way : {Way::lock, Way::try_lock, Way::timed}) {
      board.go = true;
      auto holder = start(&hold_and_end, std::ref(lock), std::ref(memory), end);
      EXPECT_EQ(holder.join().success(), end == End::returns || end == End::exits);
      EXPECT_THROW(lock_by(way, lock), mp::OwnerDied);
      for (const Way again : {Way::lock, Way::try_lock, Way::timed}) {
        EXPECT_TRUE(lock_by(again, lock));
        lock.unlock();
      }
    }
  }
}

TEST_P(LockUnder, OneOfManyWaitersLearnsThatTheHolderDied) {
  for (const End end : {End::killed, End::returns, End::exits}) {
    for (const Way way : {Way::lock, Way::timed}) {
      for (auto* count : {&board.arrived, &board.locked, &board.owner_died}) *count = 0;
      board.go = false;
      auto holder = start(&hold_and_end, std::ref(lock), std::ref(memory), end);
      wait_until([&] { return board.arrived == 1; });
      std::vector<Process> waiters;
      for (int i = 0; i < 4; ++i)
        waiters.push_back(start(&wait_for_lock, std::ref(lock), std::ref(memory), way));
      wait_until([&] { return board.arrived == 5; });
      for (const auto& waiter : waiters) wait_until_asleep(waiter.pid());
      board.go = true;
      for (auto& waiter : waiters) EXPECT_TRUE(waiter.join().success());
      holder.join();
      EXPECT_EQ(board.owner_died, 1);
      EXPECT_EQ(board.locked, 3);
    }
  }
}

TEST_P(LockUnder, AKilledWaiterDisturbsNoOther) {
  auto first = std::make_optional<Holder>(GetParam(), lock);
  std::vector<Process> waiters;
  for (int i = 0; i < 3; ++i)
    waiters.push_back(start(&wait_for_lock, std::ref(lock), std::ref(memory), Way::lock));
  wait_until([&] { return board.arrived == 3; });
  for (const auto& waiter : waiters) wait_until_asleep(waiter.pid());
  waiters[0].kill();
  waiters[0].join();
  first.reset();
  EXPECT_TRUE(waiters[1].join().success());
  EXPECT_TRUE(waiters[2].join().success());
  EXPECT_EQ(board.locked, 2);
}

// The kernel wakes one waiter. If it is killed before it runs, and another process takes the mutex
// in between, no process knows any longer that others are waiting.
TEST_P(LockUnder, AWaiterKilledWhenWokenDisturbsNoOther) {
  cpu_set_t before, here;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&here);
  CPU_SET(::sched_getcpu(), &here);
  ASSERT_EQ(::sched_setaffinity(0, sizeof here, &here), 0);
  lock.lock();
  // It runs only while this process does not.
  auto victim = start(&wait_for_lock_when_idle, std::ref(lock), std::ref(memory));
  wait_until([&] { return board.arrived == 1; });
  wait_until_asleep(victim.pid());
  auto other = start(&wait_for_lock, std::ref(lock), std::ref(memory), Way::lock);
  wait_until([&] { return board.arrived == 2; });
  wait_until_asleep(other.pid());
  lock.unlock();
  lock.lock();
  victim.kill();
  victim.join();
  lock.unlock();
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_TRUE(other.join_for(60s));
  other.kill();
}

// ---- Mistakes ----

TEST_P(LockUnder, UnlockingWhatAnotherProcessHoldsIsAnError) {
  const std::scoped_lock guard{lock};
  auto process = start(&unlock_what_another_holds, std::ref(lock), std::ref(memory));
  EXPECT_TRUE(process.join().success());
  EXPECT_EQ(board.arrived, 2);
}

TEST(Lock, LockingTwiceInOneThreadIsAnError) {
  Lock lock;
  const std::scoped_lock guard{lock};
  EXPECT_EQ(error_of([&] { lock.lock(); }), EDEADLK);
  EXPECT_EQ(error_of([&] { (void)lock.try_lock(); }), EDEADLK);
  EXPECT_EQ(error_of([&] { (void)lock.try_lock_for(1h); }), EDEADLK);
}

TEST(Lock, UnlockingWhatIsNotHeldIsAnError) {
  Lock lock;
  EXPECT_EQ(error_of([&] { lock.unlock(); }), EPERM);
  lock.lock();
  std::jthread{[&] { EXPECT_EQ(error_of([&] { lock.unlock(); }), EPERM); }}.join();
  lock.unlock();
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

// ---- The recursive one ----

void hold_twice_and_die(mp::RecursiveLock& lock) {
  lock.lock();
  lock.lock();
  ::raise(SIGKILL);
}

TEST_P(LockUnder, ARecursiveOneIsFreeWhenItWasUnlockedAsOftenAsLocked) {
  mp::RecursiveLock recursive;
  const auto is_free = [&] {
    bool free = false;
    std::jthread{[&] {
      free = recursive.try_lock();
      if (free) recursive.unlock();
    }}.join();
    return free;
  };
  recursive.lock();
  EXPECT_TRUE(recursive.try_lock());
  EXPECT_TRUE(recursive.try_lock_for(1h));
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(is_free());
    recursive.unlock();
  }
  EXPECT_TRUE(is_free());
  EXPECT_EQ(error_of([&] { recursive.unlock(); }), EPERM);

  EXPECT_EQ(start(&hold_twice_and_die, std::ref(recursive)).join().signal, SIGKILL);
  EXPECT_THROW(recursive.lock(), mp::OwnerDied);
  recursive.lock();
  EXPECT_FALSE(is_free());
  recursive.unlock();
  EXPECT_TRUE(is_free());
}

TEST(Lock, ARecursiveOneCanBeDestroyedWhileHeldOnceOfTwice) {
  for (int i = 0; i < 3; ++i) {
    mp::RecursiveLock lock;
    lock.lock();
    lock.lock();
    lock.unlock();
  }
  Lock lock;
  lock.lock();
  lock.unlock();
}

// ---- As the standard library uses it ----

TEST(Lock, ExcludesThreadsOfOneProcess) {
  Lock lock;
  long count = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 10'000; ++j) {
          const std::scoped_lock guard{lock};
          ++count;
        }
      });
    }
  }
  EXPECT_EQ(count, 40'000);
}

TEST(Lock, WorksWithUniqueLock) {
  Lock lock;
  std::unique_lock guard{lock};
  EXPECT_TRUE(guard.owns_lock());
  guard.unlock();
  EXPECT_TRUE(guard.try_lock_for(1h));
  guard.unlock();
  guard = std::unique_lock{lock, std::try_to_lock};
  EXPECT_TRUE(guard.owns_lock());
  std::jthread{[&] {
    EXPECT_FALSE((std::unique_lock{lock, 1ms}.owns_lock()));
    EXPECT_FALSE((std::unique_lock{lock, std::chrono::system_clock::now() + 1ms}.owns_lock()));
  }}.join();
}

// Stands still at first, as if the clock had been set back.
struct SlowClock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SlowClock>;
  static inline int calls = 0;
  static time_point now() { return time_point{duration{10 * (++calls / 4)}}; }
};

TEST(Lock, TimeLimitsAreNeverCutShort) {
  Lock lock;
  const std::scoped_lock guard{lock};
  std::jthread{[&] {
    const auto expect_waits = [](Clock::duration limit, auto attempt) {
      const auto start = Clock::now();
      EXPECT_FALSE(attempt());
      EXPECT_GE(Clock::now() - start, limit);
      EXPECT_LT(Clock::now() - start, 60s);  // blocking forever would take longer
    };
    expect_waits(20ms, [&] { return lock.try_lock_for(20ms); });
    expect_waits(1ns, [&] { return lock.try_lock_for(1ns); });
    expect_waits(20ms, [&] { return lock.try_lock_for(std::chrono::duration<double>{0.02}); });
    expect_waits(1us, [&] { return lock.try_lock_for(std::chrono::duration<double>{1e-6}); });
    expect_waits(20ms, [&] { return lock.try_lock_until(Clock::now() + 20ms); });
    const auto deadline = std::chrono::system_clock::now() + 20ms;
    EXPECT_FALSE(lock.try_lock_until(deadline));
    EXPECT_GE(std::chrono::system_clock::now(), deadline);
    // Four calls pass before this clock moves.
    SlowClock::calls = 0;
    EXPECT_FALSE(lock.try_lock_until(SlowClock::time_point{20ms}));
    EXPECT_GE(SlowClock::calls, 8);
  }}.join();
}

// ---- Moving and destroying ----

TEST(Lock, CanBeMoved) {
  Lock lock;
  lock.lock();
  Lock moved{std::move(lock)};
  EXPECT_EQ(error_of([&] { lock.lock(); }), EINVAL);
  EXPECT_EQ(error_of([&] { (void)lock.try_lock_for(1s); }), EINVAL);
  EXPECT_EQ(error_of([&] { lock.unlock(); }), EINVAL);
  EXPECT_EQ(error_of([&] { moved.lock(); }), EDEADLK);
  lock = std::move(moved);
  auto& same = lock;
  lock = std::move(same);
  lock.unlock();
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

TEST(Lock, CanBeDestroyedWhileHeld) {
  // The thread's list of held locks must not lead into unmapped memory.
  for (int i = 0; i < 3; ++i) {
    Lock lock;
    lock.lock();
  }
  Lock lock;
  lock.lock();
  lock = Lock{};
  lock.lock();
  lock.unlock();
}

TEST(Lock, DestroyedWhileHeldStaysHeldUntilItsHolderEnds) {
  SharedMemory memory{sizeof(Board)};
  auto& board = board_in(memory);
  auto lock = std::make_optional<Lock>();
  std::optional<Process> waiter;
  std::jthread{[&] {
    lock->lock();
    waiter.emplace(&wait_for_lock, std::ref(*lock), std::ref(memory), Way::lock);
    wait_until([&] { return board.arrived == 1; });
    wait_until_asleep(waiter->pid());
    lock.reset();
    EXPECT_TRUE(waiter->is_alive());
  }}.join();
  EXPECT_TRUE(waiter->join().success());
  EXPECT_EQ(board.owner_died, 1);
}

TEST(Lock, StaysHeldWhenAnotherHandleToItIsDestroyed) {
  Lock lock;
  const std::scoped_lock guard{lock};  // its destructor would throw if the lock were free
  mp::decode<Lock>(mp::encode(lock));
  std::jthread{[&] { EXPECT_FALSE(lock.try_lock()); }}.join();
}

std::size_t count_lines(const char* path, const std::string& text) {
  std::ifstream file{path};
  std::size_t count = 0;
  for (std::string line; std::getline(file, line);) count += line.find(text) != line.npos ? 1 : 0;
  return count;
}

std::size_t open_descriptors() {
  namespace fs = std::filesystem;
  return static_cast<std::size_t>(std::distance(fs::directory_iterator{"/proc/self/fd"}, {}));
}

TEST(Lock, LeavesNothingBehind) {
  const auto descriptors = open_descriptors();
  const auto mappings = count_lines("/proc/self/maps", "memfd:mp");
  for (int i = 0; i < 1000; ++i) {
    Lock lock;
    const std::scoped_lock guard{lock};
    const Lock copy = mp::decode<Lock>(mp::encode(lock));
  }
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_EQ(count_lines("/proc/self/maps", "memfd:mp"), mappings);
}

TEST(Lock, IsTheSameLockOnArrival) {
  Lock lock;
  auto arrived = mp::decode<Lock>(mp::encode(lock));
  const std::scoped_lock guard{lock};
  EXPECT_EQ(error_of([&] { arrived.lock(); }), EDEADLK);
  std::jthread{[&] { EXPECT_FALSE(arrived.try_lock()); }}.join();
}

TEST(Lock, DoesNotArriveFromAnotherFile) {
  auto message = mp::encode(Lock{});
  message.descriptors[0] = mp::FileDescriptor{mp::check(::open("/dev/null", O_RDWR), "open")};
  EXPECT_THROW(mp::decode<Lock>(std::move(message)), mp::MessageError);
}

// ---- Shared memory ----

TEST(SharedMemory, IsZeroed) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  for (const auto size : {std::size_t{1}, page - 1, page, page + 1, 10 * page}) {
    const SharedMemory memory{size};
    EXPECT_EQ(memory.size(), size);
    const std::span bytes{memory.data(), size};
    EXPECT_TRUE(std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{}; }));
    std::ranges::fill(bytes, std::byte{1});
  }
}

TEST(SharedMemory, MayBeEmpty) {
  const SharedMemory nothing{0};
  EXPECT_EQ(nothing.size(), 0u);
  EXPECT_EQ(mp::decode<SharedMemory>(mp::encode(nothing)).size(), 0u);
  EXPECT_EQ(mp::decode<SharedMemory>(mp::encode(SharedMemory{})).size(), 0u);
}

long resident_kilobytes() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  return 0;
}

TEST(SharedMemory, CostsNothingUntilTouched) {
  const auto before = resident_kilobytes();
  const SharedMemory memory{std::size_t{8} << 30};
  memory.data()[memory.size() - 1] = std::byte{1};
  EXPECT_LT(resident_kilobytes() - before, 10'000);
}

TEST(SharedMemory, NamesTheSizeThatDoesNotFit) {
  for (const auto size : {std::numeric_limits<std::size_t>::max(), std::size_t{1} << 62}) {
    try {
      const SharedMemory memory{size};
      ADD_FAILURE() << "there cannot be so much";
    } catch (const std::system_error& error) {
      EXPECT_THAT(error.what(), HasSubstr(std::to_string(size)));
    }
  }
}

TEST(SharedMemory, HasNoName) {
  const SharedMemory memory{10'000};
  std::ostringstream address;
  address << std::hex << reinterpret_cast<std::uintptr_t>(memory.data()) << '-';
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    if (!line.starts_with(address.str())) continue;
    EXPECT_THAT(line, HasSubstr("/memfd:mp (deleted)"));
    return;
  }
  ADD_FAILURE() << "is not mapped";
}

TEST(SharedMemory, CanBeMoved) {
  SharedMemory memory{10};
  memory.data()[9] = std::byte{7};
  SharedMemory moved{std::move(memory)};
  EXPECT_EQ(memory.data(), nullptr);
  EXPECT_EQ(memory.size(), 0u);
  memory = SharedMemory{20};
  memory = std::move(moved);
  auto& same = memory;
  memory = std::move(same);
  ASSERT_EQ(memory.size(), 10u);
  EXPECT_EQ(memory.data()[9], std::byte{7});
  EXPECT_EQ(moved.data(), nullptr);
}

TEST(SharedMemory, NamesTheCallWhenTheDescriptorTableIsFull) {
  rlimit old{};
  mp::check(::getrlimit(RLIMIT_NOFILE, &old), "getrlimit");
  const rlimit none{.rlim_cur = 0, .rlim_max = old.rlim_max};
  mp::check(::setrlimit(RLIMIT_NOFILE, &none), "setrlimit");
  std::string text;
  try {
    const SharedMemory memory{1};
  } catch (const std::system_error& error) {
    text = error.what();
  }
  mp::check(::setrlimit(RLIMIT_NOFILE, &old), "setrlimit");
  EXPECT_THAT(text, HasSubstr("memfd_create"));
  EXPECT_NO_THROW(SharedMemory{1});
}

TEST(SharedMemory, SmallPiecesShareDescriptors) {
  const auto descriptors = open_descriptors();
  {
    std::vector<SharedMemory> pieces;
    for (std::size_t i = 0; i < 5000; ++i) {
      const std::span bytes{pieces.emplace_back(1 + i % 200).data(), 1 + i % 200};
      EXPECT_TRUE(std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{}; }));
      std::ranges::fill(bytes, static_cast<std::byte>(i));
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const std::span bytes{pieces[i].data(), pieces[i].size()};
      EXPECT_TRUE(std::ranges::all_of(
          bytes, [&](std::byte byte) { return byte == static_cast<std::byte>(i); }));
    }
    EXPECT_LT(open_descriptors() - descriptors, 20u);
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST(SharedMemory, SmallPiecesOfThreadsAreDisjoint) {
  std::vector<std::vector<SharedMemory>> pieces(4);
  {
    std::vector<std::jthread> threads;
    for (auto& own : pieces)
      threads.emplace_back([&own] {
        for (int i = 0; i < 1000; ++i) own.emplace_back(100);
      });
  }
  std::set<std::byte*> places;
  for (auto& own : pieces)
    for (auto& piece : own) places.insert(piece.data());
  EXPECT_EQ(places.size(), 4000u);
}

TEST(SharedMemory, ArrivesOnlyFromWithinItsFile) {
  const SharedMemory memory{100};
  constexpr std::size_t offset = 16, size = 8;  // from the end of the message
  const auto arrives_with = [&](std::size_t from_end, std::size_t number) {
    auto message = mp::encode(memory);
    std::memcpy(message.bytes.data() + message.bytes.size() - from_end, &number, sizeof number);
    mp::decode<SharedMemory>(std::move(message));
  };
  EXPECT_NO_THROW(arrives_with(size, 1000));
  EXPECT_NO_THROW(arrives_with(offset, 1024));
  for (const auto number : {std::size_t{0}, std::size_t{1} << 20, ~std::size_t{0}})
    EXPECT_THROW(arrives_with(size, number), mp::MessageError);
  for (const auto number : {std::size_t{1}, std::size_t{1} << 20, ~std::size_t{127}})
    EXPECT_THROW(arrives_with(offset, number), mp::MessageError);
}

// Makes pieces of its own, and fills them and those it was given.
void fill_pieces(SharedMemory& first, SharedMemory& last) {
  std::vector<SharedMemory> own;
  for (int i = 0; i < 1000; ++i) {
    own.emplace_back(100);
    std::ranges::fill(std::span{own.back().data(), 100}, std::byte{1});
  }
  for (auto* piece : {&first, &last})
    std::ranges::fill(std::span{piece->data(), piece->size()}, std::byte{2});
}

TEST_P(LockUnder, SmallPiecesOfOtherProcessesAreDisjoint) {
  std::vector<SharedMemory> pieces;
  const auto add = [&] {
    for (int i = 0; i < 300; ++i) pieces.emplace_back(100);
  };
  const auto filled_with = [&](std::size_t piece, std::byte value) {
    return std::ranges::all_of(std::span{pieces[piece].data(), 100},
                               [&](std::byte byte) { return byte == value; });
  };
  add();
  EXPECT_TRUE(start(&fill_pieces, std::ref(pieces[0]), std::ref(pieces[299])).join().success());
  add();
  for (std::size_t i = 0; i < pieces.size(); ++i)
    EXPECT_TRUE(filled_with(i, i == 0 || i == 299 ? std::byte{2} : std::byte{})) << i;
}

void add_one_at_both_ends(SharedMemory& memory) {
  auto* const first = memory.data();
  auto* const last = first + memory.size() - 1;
  for (auto* byte : {first, last}) *byte = static_cast<std::byte>(std::to_integer<int>(*byte) + 1);
}

TEST_P(LockUnder, SharedMemoryIsShared) {
  SharedMemory shared{100'000};
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(start(&add_one_at_both_ends, std::ref(shared)).join().success());
    EXPECT_EQ(std::to_integer<int>(shared.data()[0]), i);
    EXPECT_EQ(std::to_integer<int>(shared.data()[shared.size() - 1]), i);
  }
}

}  // namespace
