#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "killed_anywhere.hpp"
#include <leftovers.hpp>
#include <mp/array.hpp>
#include <mp/process.hpp>
#include <mp/shared_queue.hpp>
#include <mp/value.hpp>
#include <start_methods.hpp>

namespace {

using namespace std::chrono_literals;
using course::is_asleep;
using course::kill_after;
using course::NothingLeftOver;
using course::wait_until;
using mp::Array;
using mp::Process;
using mp::SharedQueue;
using mp::Value;
using testing::AnyOf;
using testing::ElementsAre;
using Clock = std::chrono::steady_clock;

// An item that shows whether it is whole, because all its numbers follow from the first two.
struct Item {
  int producer = 0, number = 0;
  std::array<int, 12> rest{};

  Item(int from, int which) : producer{from}, number{which} {
    for (std::size_t i = 0; i < rest.size(); ++i) rest[i] = expected(i);
  }
  bool is_whole() const {
    for (std::size_t i = 0; i < rest.size(); ++i)
      if (rest[i] != expected(i)) return false;
    return true;
  }

 private:
  int expected(std::size_t i) const {
    return producer * 1'000'003 ^ (number + static_cast<int>(i));
  }
};

class SharedQueueUnder : public course::StartMethods {
 protected:
  void SetUp() override { start_server(); }
};
INSTANTIATE_TEST_SUITE_P(Each, SharedQueueUnder, course::every_start_method, course::method_name);

// ---- Nothing lost, nothing duplicated ----

void produce(SharedQueue<Item>& queue, int producer, int count) {
  for (int number = 0; number < count; ++number) queue.put({producer, number});
}

// Counts how often each item arrived; item n of producer p is at p * count + n.
void consume(SharedQueue<Item>& queue, Array<std::uint8_t>& came, int count,
             Value<std::atomic<int>>& wrong) {
  std::array<int, 4> last{-1, -1, -1, -1};
  for (const Item& item : queue) {
    auto& before = last.at(static_cast<std::size_t>(item.producer));
    if (!item.is_whole() || item.number <= before) ++*wrong;
    before = item.number;
    const int index = item.producer * count + item.number;
    ++std::atomic_ref{came[static_cast<std::size_t>(index)]};
  }
}

void expect_all_to_come_once(std::size_t capacity, int producers, int consumers, int count,
                             const mp::ProcessOptions& options) {
  SharedQueue<Item> queue{capacity};
  Array<std::uint8_t> came(static_cast<std::size_t>(producers * count));
  Value<std::atomic<int>> wrong{0};
  std::vector<Process> getting, putting;
  for (int i = 0; i < consumers; ++i)
    getting.emplace_back(options, consume, std::ref(queue), std::ref(came), count, std::ref(wrong));
  for (int i = 0; i < producers; ++i)
    putting.emplace_back(options, produce, std::ref(queue), i, count);
  for (auto& process : putting) EXPECT_TRUE(process.join().success());
  queue.close();
  for (auto& process : getting) EXPECT_TRUE(process.join().success());
  EXPECT_EQ(*wrong, 0) << "torn, or not in the producer's order";
  EXPECT_EQ(std::ranges::count(came, 1), producers * count) << "lost, or twice";
}

TEST_P(SharedQueueUnder, LosesNothingAndDuplicatesNothing) {
  const NothingLeftOver nothing;
  expect_all_to_come_once(1024, 4, 4, 1'000'000, options());
}

class SharedQueueOf : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Capacity, SharedQueueOf, testing::Values(1, 2, 3, 100),
                         testing::PrintToStringParamName());

TEST_P(SharedQueueOf, LosesNothingHoweverOftenItIsFull) {
  expect_all_to_come_once(GetParam(), 3, 2, 5000, {});
}

TEST_P(SharedQueueOf, HoldsThatManyItemsAndNoMore) {
  SharedQueue<int> queue{GetParam()};
  const auto capacity = static_cast<int>(GetParam());
  for (int round = 0; round < 2000; ++round) {  // the slots and the counts wrap around
    for (int i = 0; i < capacity; ++i) ASSERT_TRUE(queue.try_put(round + i));
    ASSERT_FALSE(queue.try_put(-1));
    for (int i = 0; i < capacity; ++i) ASSERT_EQ(queue.try_get(), round + i);
    ASSERT_EQ(queue.try_get(), std::nullopt);
  }
}

TEST(SharedQueue, TakesAnythingTriviallyCopyable) {
  struct NoDefault {
    explicit NoDefault(char c) : letter{c} {}
    char letter;
  };
  SharedQueue<NoDefault> letters{4};
  letters.put(NoDefault{'x'});
  EXPECT_EQ(letters.get().letter, 'x');
  struct alignas(128) Large {
    std::array<char, 100'000> bytes;
  };
  SharedQueue<Large> large{3};
  for (const char c : {'a', 'b', 'c', 'd', 'e'}) {
    Large item;
    item.bytes.fill(c);
    large.put(item);
    EXPECT_EQ(large.get().bytes, item.bytes);
  }
}

TEST(SharedQueue, TakesItemsLargerThanTheStack) {
  struct Frame {
    std::array<char, 20 << 20> bytes;
  };
  SharedQueue<Frame> frames{2};
  const auto frame = std::make_unique<Frame>();
  frame->bytes.back() = 'x';
  frames.put(*frame);
  frame->bytes.back() = ' ';
  frames.get(*frame);
  EXPECT_EQ(frame->bytes.back(), 'x');
}

TEST(SharedQueue, TakesPairs) {
  SharedQueue<std::pair<int, double>> queue{2};
  queue.put({1, 2.5});
  EXPECT_EQ(queue.get(), (std::pair{1, 2.5}));
  EXPECT_EQ(queue.try_get(), std::nullopt);
}

TEST(SharedQueue, RejectsInvalidCapacities) {
  const NothingLeftOver nothing;
  EXPECT_THROW(SharedQueue<int>{0}, std::invalid_argument);
  EXPECT_THROW(SharedQueue<int>{(1ULL << 29) + 1}, std::invalid_argument);
  SharedQueue<int> largest{1ULL << 29};  // takes memory only where it is touched
  largest.put(1);
  EXPECT_EQ(largest.get(), 1);
  using Large = std::array<char, 1 << 20>;
  EXPECT_THROW(SharedQueue<Large>{1ULL << 29}, std::system_error);
}

TEST(SharedQueue, AMovedOneSaysSo) {
  SharedQueue<int> queue;
  queue.put(1);
  SharedQueue<int> moved{std::move(queue)};
  EXPECT_EQ(moved.get(), 1);
  EXPECT_THROW(queue.put(2), std::system_error);
  EXPECT_THROW(queue.get(), std::system_error);
  EXPECT_THROW(queue.close(), std::system_error);
}

TEST(SharedQueue, DoesNotArriveFromMemoryOfAnotherKind) {
  EXPECT_THROW(mp::decode<SharedQueue<int>>(mp::encode(SharedQueue<double>{})), mp::MessageError);
  EXPECT_THROW(mp::decode<SharedQueue<int>>(mp::encode(Value<int>{})), mp::MessageError);
}

// ---- Waiting ----

TEST(SharedQueue, MakesNoSystemCallUnlessAProcessMustWait) {
  SharedQueue<int> queue;
  const pid_t child = mp::check(::fork(), "fork");
  if (child == 0) {
    // From here on, any system call except read, write and exit kills the process.
    const bool strict = ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0;
    for (int i = 0; strict && i < 10'000; ++i) {
      queue.put(i);
      queue.get();
    }
    ::syscall(SYS_exit, strict ? 0 : 1);
  }
  int status = 0;
  mp::check(mp::retry([&] { return ::waitpid(child, &status, 0); }), "waitpid");
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) != 0) GTEST_SKIP() << "seccomp's strict mode is not allowed here";
}

// Returns the processor time of the process.
std::chrono::nanoseconds processor_time(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
    throw std::runtime_error{"no clock"};
  return time.tv_sec * 1s + time.tv_nsec * 1ns;
}

TEST(SharedQueue, WaitingTakesNoProcessor) {
  SharedQueue<int> empty{2}, full{2};
  full.put(0);
  full.put(1);
  Value<std::atomic<int>> begun{0};
  std::vector<Process> waiting;
  waiting.emplace_back([&] { ++*begun, empty.get(); });
  waiting.emplace_back([&] { ++*begun, empty.get_for(1h); });
  waiting.emplace_back([&] { ++*begun, full.put(2); });
  waiting.emplace_back([&] { ++*begun, full.put_for(3, 1h); });
  std::vector<std::chrono::nanoseconds> before, after;
  for (const auto& process : waiting)
    wait_until([&] { return *begun == 4 && is_asleep(process.pid()); });
  for (const auto& process : waiting) before.push_back(processor_time(process.pid()));
  std::this_thread::sleep_for(200ms);
  for (const auto& process : waiting) after.push_back(processor_time(process.pid()));
  EXPECT_EQ(before, after);
  for (int i = 0; i < 2; ++i) {
    empty.put(i);
    full.get();
  }
  for (auto& process : waiting) EXPECT_TRUE(process.join().success());
}

TEST(SharedQueue, LimitsRunOut) {
  SharedQueue<int> queue{1};
  const auto time = [](auto call) {
    const auto start = Clock::now();
    call();
    return Clock::now() - start;
  };
  EXPECT_GE(time([&] { EXPECT_EQ(queue.get_for(20ms), std::nullopt); }), 20ms);
  EXPECT_EQ(queue.get_for(-1h), std::nullopt);
  EXPECT_EQ(queue.try_get(), std::nullopt);
  EXPECT_TRUE(queue.put_for(1, std::chrono::hours::max()));
  EXPECT_GE(time([&] { EXPECT_FALSE(queue.put_for(2, 20ms)); }), 20ms);
  EXPECT_FALSE(queue.put_for(2, -1h));
  EXPECT_FALSE(queue.try_put(2));
  EXPECT_EQ(queue.get_for(std::chrono::hours::max()), 1);
}

TEST(SharedQueue, AWaiterGetsItemOrSpaceAtOnce) {
  SharedQueue<int> there{1}, back{1};
  Process echo{[&] {
    for (const int item : there) back.put(item);
  }};
  for (int i = 0; i < 2000; ++i) {
    there.put(i);
    ASSERT_EQ(back.get_for(60s), i);
  }
  there.close();
}

TEST(SharedQueue, SignalsDoNotDisturb) {
  static Value<std::atomic<int>> signals{0};
  SharedQueue<int> empty{1}, full{1};
  full.put(1);
  const Process waiting{[&] {
    struct sigaction action {};
    action.sa_handler = [](int) { ++*signals; };  // without SA_RESTART
    mp::check(::sigaction(SIGALRM, &action, nullptr), "sigaction");
    const itimerval often{{0, 500}, {0, 500}};
    mp::check(::setitimer(ITIMER_REAL, &often, nullptr), "setitimer");
    full.put(empty.get());
  }};
  wait_until([] { return *signals > 10; });
  empty.put(2);
  wait_until([] { return *signals > 20; });
  EXPECT_EQ(full.get(), 1);
  EXPECT_EQ(full.get(), 2);
}

// ---- The end ----

TEST(SharedQueue, ClosedMeansClosed) {
  SharedQueue<int> queue;
  queue.put(1);
  queue.close();
  queue.close();
  EXPECT_THROW(queue.put(2), mp::QueueClosed);
  EXPECT_THROW(queue.try_put(2), mp::QueueClosed);
  EXPECT_THROW(queue.put_for(2, 1h), mp::QueueClosed);
  std::vector<int> items;
  for (const int item : queue) items.push_back(item);
  EXPECT_THAT(items, ElementsAre(1));
  EXPECT_THROW(queue.get(), mp::QueueClosed);
  EXPECT_THROW(queue.try_get(), mp::QueueClosed);
  EXPECT_THROW(queue.get_for(1h), mp::QueueClosed);
}

int get_until_closed(SharedQueue<int>& queue) {
  try {
    for (;;) queue.get();
  } catch (const mp::QueueClosed&) {
    std::exit(7);
  }
}

int put_until_closed(SharedQueue<int>& queue) {
  try {
    for (;;) queue.put(1);
  } catch (const mp::QueueClosed&) {
    std::exit(7);
  }
}

TEST_P(SharedQueueUnder, CloseWakesAllWaiters) {
  const NothingLeftOver nothing;
  SharedQueue<int> empty, full{5};
  std::vector<Process> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.emplace_back(options(), get_until_closed, std::ref(empty));
    waiting.emplace_back(options(), put_until_closed, std::ref(full));
  }
  while (full.try_put(1)) {
  }
  for (const auto& process : waiting) wait_until([&] { return is_asleep(process.pid()); });
  empty.close();
  full.close();
  for (auto& process : waiting) EXPECT_EQ(process.join().code, 7);
}

// ---- Killed at every instruction ----

class KilledAtEveryInstruction : public course::KilledAtEveryInstruction {
  void warm_up() override {
    SharedQueue<int> queue{1};
    queue.put(1);
    queue.get();
    queue.get_for(1ms);
    queue.close();
  }
};

TEST_F(KilledAtEveryInstruction, AProducerWhileAConsumerWaits) {
  for_each_instruction([](int n) {
    SharedQueue<int> queue{2};
    Value<std::atomic<int>> got{0};
    auto consumer = asleep([&] { *got = queue.get(); });
    const bool middle = kill_after(n, [&] { queue.put(1); });
    wait_until([&] { return sleeps_or_has_ended(consumer); });
    if (consumer.is_alive()) {
      EXPECT_EQ(queue.try_get(), std::nullopt) << "a process sleeps although an item is there";
      queue.put(2);
    }
    EXPECT_TRUE(consumer.join_for(60s));
    EXPECT_THAT(got->load(), AnyOf(1, 2));
    EXPECT_EQ(queue.try_get(), std::nullopt);
    return middle;
  });
}

TEST_F(KilledAtEveryInstruction, AConsumerWhileAProducerWaits) {
  for_each_instruction([](int n) {
    SharedQueue<int> queue{1};
    queue.put(1);
    auto producer = asleep([&] { queue.put(2); });
    const bool middle = kill_after(n, [&] { queue.get(); });
    wait_until([&] { return sleeps_or_has_ended(producer); });
    if (producer.is_alive()) {
      EXPECT_FALSE(queue.try_put(3)) << "a process sleeps although there is space";
      EXPECT_EQ(queue.get(), 1);
    }
    EXPECT_TRUE(producer.join_for(60s));
    EXPECT_EQ(queue.try_get(), 2);
    return middle;
  });
}

TEST_F(KilledAtEveryInstruction, AProducerWhileOthersWantToPut) {
  for_each_instruction([](int n) {
    SharedQueue<int> queue{8};
    std::vector<Process> others;
    const bool middle = kill_after(
        n, [&] { queue.put(1); },
        [&] {
          for (const int item : {2, 3}) others.emplace_back([&queue, item] { queue.put(item); });
          for (auto& other : others) wait_until([&] { return sleeps_or_has_ended(other); });
        });
    for (auto& other : others) EXPECT_TRUE(other.join_for(60s));
    queue.put(4);
    std::vector<int> items;
    while (const auto item = queue.try_get()) items.push_back(*item);
    EXPECT_EQ(items.back(), 4);
    std::erase(items, 1);  // the victim's item may be there or not
    EXPECT_EQ(items.size(), others.size() + 1);
    return middle;
  });
}

TEST_F(KilledAtEveryInstruction, AConsumerWhileOthersWantToGet) {
  for_each_instruction([](int n) {
    SharedQueue<int> queue{8};
    for (int item = 1; item <= 4; ++item) queue.put(item);
    Array<int> came(5);
    std::vector<Process> others;
    const bool middle = kill_after(
        n, [&] { queue.get(); },
        [&] {
          for (int i = 0; i < 2; ++i)
            others.emplace_back(
                [&] { ++std::atomic_ref{came[static_cast<std::size_t>(queue.get())]}; });
          for (auto& other : others) wait_until([&] { return sleeps_or_has_ended(other); });
        });
    for (auto& other : others) EXPECT_TRUE(other.join_for(60s));
    while (const auto item = queue.try_get()) ++came[static_cast<std::size_t>(*item)];
    EXPECT_LE(std::ranges::max(came), 1);
    EXPECT_GE(std::ranges::count(came, 1), 3) << "more is lost than what the victim took";
    return middle;
  });
}

TEST_F(KilledAtEveryInstruction, AConsumerThatGoesToSleep) {
  for_each_instruction([](int n) {
    SharedQueue<int> queue{2};
    auto other = asleep([&] { queue.get(); });
    const bool middle = kill_after(n, [&] { queue.get(); });
    queue.put(1);
    EXPECT_TRUE(other.join_for(60s));
    return middle;
  });
}

TEST_F(KilledAtEveryInstruction, AProducerThatGoesToSleep) {
  for_each_instruction([](int n) {
    SharedQueue<int> queue{1};
    queue.put(1);
    auto other = asleep([&] { queue.put(2); });
    const bool middle = kill_after(n, [&] { queue.put(3); });
    EXPECT_EQ(queue.get(), 1);
    EXPECT_TRUE(other.join_for(60s));
    EXPECT_EQ(queue.get(), 2);
    return middle;
  });
}

TEST_F(KilledAtEveryInstruction, AProcessThatCloses) {
  for_each_instruction([](int n) {
    SharedQueue<int> empty{1}, full{1};
    full.put(1);
    auto consumer = asleep([&] { get_until_closed(empty); });
    auto producer = asleep([&] { put_until_closed(full); });
    const bool middle = kill_after(n, [&] {
      full.close();
      empty.close();
    });
    for (auto* queue : {&full, &empty}) {
      try {  // closed or not, but nothing in between
        queue->try_put(2);
        queue->close();
      } catch (const mp::QueueClosed&) {
      }
    }
    EXPECT_TRUE(consumer.join_for(60s) && producer.join_for(60s));
    EXPECT_EQ(full.try_get(), 1);
    return middle;
  });
}

// ---- Killed at random ----

// Producers and consumers are killed and replaced while others continue. They record their work in
// shared memory, which takes memory only where it is touched.
struct Diary {
  static constexpr int producers = 200, items = 1'000'000;
  std::atomic<long> all;                             // how many items arrived
  std::atomic<int> torn;                             // how many of them were not whole
  std::atomic<bool> enough;                          // production may stop
  std::atomic<int> put[producers];                   // how many each producer put
  std::atomic<std::uint8_t> came[producers][items];  // how often each item arrived
};

TEST(SharedQueue, SurvivesProcessesKilledAtRandom) {
  const NothingLeftOver nothing;
  constexpr int kills = 300;
  SharedQueue<Item> queue{4};
  const mp::SharedMemory memory{sizeof(Diary)};
  auto& diary = *reinterpret_cast<Diary*>(memory.data());

  int producers = 0;
  const auto start_producer = [&] {
    return Process{[&, me = producers++] {
      for (int number = 0; number < Diary::items && !diary.enough; ++number) {
        queue.put({me, number});
        ++diary.put[me];
      }
    }};
  };
  const auto start_consumer = [&] {
    return Process{[&] {
      for (const Item& item : queue) {
        if (!item.is_whole()) ++diary.torn;
        ++diary.came[item.producer][item.number];
        ++diary.all;
      }
    }};
  };
  std::array<Process, 3> putting, getting;
  std::ranges::generate(putting, start_producer);
  std::ranges::generate(getting, start_consumer);
  std::mt19937 random{1};
  for (int kill = 0; kill < kills; ++kill) {
    const long next = diary.all + static_cast<long>(random() % 50);
    wait_until([&] { return diary.all > next; });
    const bool producer = random() % 2 == 0;
    auto& victim = (producer ? putting : getting).at(random() % 3);
    victim.kill();
    victim.join();
    victim = producer ? start_producer() : start_consumer();
  }
  diary.enough = true;
  for (auto& process : putting) EXPECT_TRUE(process.join_for(60s));
  queue.close();
  for (auto& process : getting) EXPECT_TRUE(process.join_for(60s));

  EXPECT_EQ(diary.torn, 0);
  int lost = 0, twice = 0, from_nowhere = 0;
  for (int producer = 0; producer < producers; ++producer) {
    const int put = diary.put[producer];
    const auto& came = diary.came[producer];
    lost += static_cast<int>(std::count(came, came + put, 0));
    twice += static_cast<int>(std::count_if(came, came + put, [](int times) { return times > 1; }));
    // The item at `put` may have arrived, if its producer was killed before it could record that.
    for (int number = put + 1; number < std::min(put + 10, Diary::items); ++number)
      from_nowhere += came[number];
  }
  EXPECT_LE(lost, kills - (producers - 3)) << "more than one for each consumer that was killed";
  EXPECT_EQ(twice, 0);
  EXPECT_EQ(from_nowhere, 0);
}

}  // namespace
