#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <leftovers.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

namespace {

using namespace std::chrono_literals;
using course::NothingLeftOver;
using mp::Connection;
using mp::Process;
using mp::Queue;
using mp::StartMethod;
using testing::ElementsAre;
using testing::HasSubstr;

std::string name_of(StartMethod method) {
  return method == StartMethod::fork    ? "fork"
         : method == StartMethod::spawn ? "spawn"
                                        : "forkserver";
}

class QueueUnder : public testing::TestWithParam<StartMethod> {
 protected:
  void SetUp() override {
    mp::set_start_method(GetParam());
    Process{[] {}}.join();  // starts the fork server
  }
};
INSTANTIATE_TEST_SUITE_P(Each, QueueUnder,
                         testing::Values(StartMethod::fork, StartMethod::spawn,
                                         StartMethod::forkserver),
                         [](const auto& method) { return name_of(method.param); });

// The producer, the item's number, and a text whose length and letters follow from the two.
using Item = std::tuple<int, int, std::string>;

std::string text_for(int producer, int number) {
  // Most are small; some exceed what a pipe writes atomically, some what a pipe holds.
  const std::size_t size = number % 1000 == 0 ? 70'000 : number % 100 == 0 ? 5000 : 10;
  return std::string(size, static_cast<char>('a' + (producer + number) % 26));
}

void produce(Queue<Item>& queue, int producer, int count) {
  for (int number = 0; number < count; ++number)
    queue.put({producer, number, text_for(producer, number)});
}

// Gets until the queue is closed, and reports how many items of each producer came, in order.
void consume(Queue<Item>& queue, Connection report) {
  std::map<int, std::vector<int>> got;
  bool intact = true;
  for (const auto& [producer, number, text] : queue) {
    intact = intact && text == text_for(producer, number);
    intact = intact && (got[producer].empty() || got[producer].back() < number);
    got[producer].push_back(number);
  }
  report.send(intact);
  report.send(got);
}

TEST_P(QueueUnder, LosesNothingAndDuplicatesNothing) {
  const NothingLeftOver nothing;
  constexpr int producers = 4, consumers = 4, count = 100'000;
  Queue<Item> queue;
  std::vector<Process> putting, getting;
  std::vector<Connection> reports;
  for (int i = 0; i < consumers; ++i) {
    auto [here, there] = mp::one_way_pipe();
    reports.push_back(std::move(here));
    getting.emplace_back(consume, std::ref(queue), std::move(there));
  }
  for (int i = 0; i < producers; ++i) putting.emplace_back(produce, std::ref(queue), i, count);
  for (auto& process : putting) EXPECT_TRUE(process.join().success());
  queue.close();
  std::map<int, std::vector<bool>> seen;
  for (auto& report : reports) {
    EXPECT_TRUE(report.recv<bool>());
    for (const auto& [producer, numbers] : report.recv<std::map<int, std::vector<int>>>()) {
      auto& marks = seen[producer];
      marks.resize(count);
      for (const int number : numbers) {
        EXPECT_FALSE(marks[static_cast<std::size_t>(number)]) << "twice";
        marks[static_cast<std::size_t>(number)] = true;
      }
    }
  }
  EXPECT_EQ(seen.size(), 4U);
  for (const auto& [producer, marks] : seen) EXPECT_EQ(std::ranges::count(marks, true), count);
  for (auto& process : getting) EXPECT_TRUE(process.join().success());
}

TEST_P(QueueUnder, CloseWakesAllWaiters) {
  const NothingLeftOver nothing;
  Queue<int> queue;
  std::vector<Process> getting;
  for (int i = 0; i < 3; ++i)
    getting.emplace_back(
        [](Queue<int>& from) {
          try {
            for (;;) from.get();
          } catch (const mp::QueueClosed&) {
          }
        },
        std::ref(queue));
  for (auto& process : getting)
    EXPECT_TRUE(
        course::eventually([&] { return course::process_state(process.pid()).state == 'S'; }));
  queue.close();
  for (auto& process : getting) EXPECT_EQ(process.join().code, 0);
}

TEST(Queue, IsFirstInFirstOut) {
  Queue<int> queue;
  for (int i = 1; i <= 3; ++i) queue.put(i);
  EXPECT_EQ(queue.get(), 1);
  EXPECT_EQ(queue.get(), 2);
  EXPECT_EQ(queue.get(), 3);
}

TEST(Queue, GetForRunsOut) {
  Queue<std::string> queue;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(queue.get_for(20ms), std::nullopt);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
  EXPECT_EQ(queue.try_get(), std::nullopt);
  EXPECT_EQ(queue.get_for(-1h), std::nullopt);
  queue.put("here");
  EXPECT_EQ(queue.get_for(std::chrono::hours::max()), "here");
  // Also while another thread waits and holds the readers' lock.
  auto [ready, ready_there] = mp::one_way_pipe();
  Process other{{.daemon = true},
                [](Queue<std::string>& from, Connection to) {
                  to.send(true);
                  from.get();
                },
                std::ref(queue),
                std::move(ready_there)};
  ready.recv<bool>();
  EXPECT_EQ(queue.get_for(20ms), std::nullopt);
}

TEST(Queue, ClosedMeansClosed) {
  Queue<int> queue;
  queue.put(1);
  queue.close();
  queue.close();
  EXPECT_THROW(queue.put(2), mp::QueueClosed);
  std::vector<int> items;
  for (const int item : queue) items.push_back(item);
  EXPECT_THAT(items, ElementsAre(1));
  EXPECT_THROW(queue.get(), mp::QueueClosed);
  EXPECT_THROW(queue.try_get(), mp::QueueClosed);
  EXPECT_THROW(queue.get_for(1h), mp::QueueClosed);
}

void await_full_pipe(const Process& producer) {
  EXPECT_TRUE(course::eventually([&] {
    std::ifstream file{"/proc/" + std::to_string(producer.pid()) + "/wchan"};
    std::string where;
    file >> where;
    return where.find("pipe_write") != where.npos;
  }));
}

// An item that was being put when the queue was closed arrives, and nothing after it.
TEST(Queue, CloseDoesNotWaitForAProducerThatWaits) {
  Queue<int> queue;
  auto [last, last_there] = mp::pipe();
  Process producer{[&](Connection to) {
                     int i = 0;
                     try {
                       for (;; ++i) queue.put(i);
                     } catch (const mp::QueueClosed&) {
                     }
                     to.send(i);
                   },
                   std::move(last_there)};
  await_full_pipe(producer);
  Process closer{[&] { queue.close(); }};
  ASSERT_TRUE(closer.join_for(60s));
  int expected = 0;
  for (const int item : queue) ASSERT_EQ(item, expected++);
  EXPECT_EQ(last.recv<int>(), expected);
  EXPECT_GT(expected, 1000);
}

TEST(Queue, CloseDoesNotWaitWhenThePipeIsFull) {
  Queue<int> queue;
  Process producer{[&] {
    for (int i = 0;; ++i) queue.put(i);
  }};
  await_full_pipe(producer);
  producer.kill();
  producer.join();
  queue.close();
  int expected = 0;
  for (const int item : queue) EXPECT_EQ(item, expected++);
  EXPECT_GT(expected, 1000);
}

TEST(Queue, AMovedOneSaysSo) {
  Queue<int> queue;
  queue.put(1);
  Queue<int> moved{std::move(queue)};
  EXPECT_EQ(moved.get(), 1);
  EXPECT_THROW(queue.put(2), std::system_error);
  EXPECT_THROW(queue.get(), std::system_error);
  EXPECT_THROW(queue.close(), std::system_error);
}

TEST(Queue, DoesNotArriveFromMemoryOfAnotherKind) {
  auto message = mp::encode(Queue<int>{});
  message.descriptors[0] =
      mp::FileDescriptor{mp::check(::memfd_create("small", 0), "memfd_create")};
  EXPECT_THROW(mp::decode<Queue<int>>(std::move(message)), mp::MessageError);
}

TEST(Queue, CarriesNoDescriptors) {
  Queue<Connection> queue;
  auto [a, b] = mp::pipe();
  EXPECT_THROW(queue.put(a), std::invalid_argument);
}

// Wherever a process is killed, the others get whole items, in order, and none blocks forever.
TEST(Queue, ProducersMayBeKilledInTheMiddleOfALargePut) {
  const NothingLeftOver nothing;
  Queue<Item> queue;
  std::mt19937 random{1};
  for (int round = 0; round < 100; ++round) {
    Process victim{[&] {
      for (int number = 0;; number += 100) queue.put({1, number, text_for(1, number)});
    }};
    // Gets a few, so that the victim is in the middle of a put.
    for (auto left = random() % 20; left > 0; --left) {
      const auto [producer, number, text] = queue.get();
      EXPECT_EQ(text, text_for(producer, number));
    }
    victim.kill();
    victim.join();
    // In another process, because the pipe may be full.
    Process survivor{[&] { queue.put({2, round, text_for(2, round)}); }};
    // The victim's items come first, then the survivor's.
    for (;;) {
      const auto item = queue.get_for(60s);
      ASSERT_TRUE(item) << "hangs in round " << round;
      const auto& [producer, number, text] = *item;
      ASSERT_EQ(text, text_for(producer, number));
      if (producer == 2) {
        EXPECT_EQ(number, round);
        break;
      }
    }
  }
}

TEST(Queue, TheRestOfAKilledProducersItemIsNotWaitedFor) {
  Queue<std::string> queue;
  Process victim{[&] { queue.put(std::string(1'000'000, 'x')); }};
  await_full_pipe(victim);
  victim.kill();
  victim.join();
  EXPECT_EQ(queue.get_for(10ms), std::nullopt);
  queue.put("whole");
  EXPECT_EQ(queue.get(), "whole");
}

TEST(Queue, ConsumersMayBeKilledAtAnyMoment) {
  const NothingLeftOver nothing;
  Queue<Item> queue;
  std::mt19937 random{2};
  int next = 0, last_got = -1;
  for (int round = 0; round < 200; ++round) {
    auto [begun, begun_there] = mp::one_way_pipe();
    Process victim{[&](Connection to) {
                     to.send(true);
                     for (;;) queue.get();
                   },
                   std::move(begun_there)};
    begun.recv<bool>();
    for (auto left = random() % 30; left > 0; --left, ++next)
      queue.put({1, next, text_for(1, next)});
    victim.kill();
    victim.join();
    // The victim has taken some; the others are whole and in order, and this is the last one. In
    // another process, because the pipe may be full.
    Process survivor{[&] { queue.put({2, round, text_for(2, round)}); }};
    for (;;) {
      const auto item = queue.get_for(60s);
      ASSERT_TRUE(item) << "hangs in round " << round;
      const auto& [producer, number, text] = *item;
      ASSERT_EQ(text, text_for(producer, number));
      if (producer == 2) {
        EXPECT_EQ(number, round);
        break;
      }
      EXPECT_GT(number, last_got);
      last_got = number;
    }
  }
}

TEST(Queue, ConsumersMayBeKilledWhileOthersWait) {
  const NothingLeftOver nothing;
  std::mt19937 random{3};
  for (int round = 0; round < 20; ++round) {
    Queue<int> queue;
    const auto consume = [&] {
      for ([[maybe_unused]] const int item : queue) continue;
    };
    std::vector<Process> others, victims;
    for (auto* consumers : {&others, &victims})
      for (int i = 0; i < 3; ++i) consumers->emplace_back(consume);
    for (auto& victim : victims) {
      for (auto left = random() % 300; left > 0; --left) queue.put(1);
      victim.kill();
    }
    for (auto& victim : victims) victim.join();
    queue.close();
    for (auto& other : others) ASSERT_TRUE(other.join_for(60s)) << "hangs in round " << round;
  }
}

TEST(Queue, SignalsDoNotDisturb) {
  static volatile std::sig_atomic_t signals = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { signals = signals + 1; };  // without SA_RESTART
  ASSERT_EQ(::sigaction(SIGALRM, &action, nullptr), 0);
  const itimerval often{{0, 500}, {0, 500}}, never{};
  Queue<Item> queue;
  Process producer{{.daemon = true}, [&] {
                     ::setitimer(ITIMER_REAL, &often, nullptr);
                     for (int number = 0;; ++number) queue.put({1, number, text_for(1, number)});
                   }};
  ::setitimer(ITIMER_REAL, &often, nullptr);
  for (int expected = 0; signals < 50; ++expected) {
    const auto [who, number, text] = queue.get();
    ASSERT_EQ(number, expected);
    ASSERT_EQ(text, text_for(1, number));
  }
  ::setitimer(ITIMER_REAL, &never, nullptr);
}

TEST(Queue, AFullDescriptorTableIsOnlyAnError) {
  const NothingLeftOver nothing;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit limit{64, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  // A queue needs three descriptors; leave two, one, and none.
  std::vector<mp::FileDescriptor> others;
  try {
    for (;;) others.emplace_back(mp::check(::dup(STDERR_FILENO), "dup"));
  } catch (const std::system_error&) {
  }
  others.resize(others.size() - 2);
  for (int room = 2; room >= 0; --room) {
    try {
      Queue<int> queue;
      ADD_FAILURE() << "there was room";
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code(), std::errc::too_many_files_open);
      EXPECT_THAT(error.what(), testing::AnyOf(HasSubstr("memfd_create"), HasSubstr("pipe2")));
    }
    if (room > 0) others.emplace_back(mp::check(::dup(STDERR_FILENO), "dup"));
  }
  others.clear();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  Queue<int> queue;
  queue.put(1);
  EXPECT_EQ(queue.get(), 1);
}

// ---- With a bound ----

TEST(BoundedQueue, HoldsNoMoreThanItsCapacity) {
  Queue<std::string> queue{2};
  EXPECT_TRUE(queue.empty());
  queue.put("a");
  EXPECT_TRUE(queue.try_put("b"));
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_FALSE(queue.empty());
  EXPECT_FALSE(queue.try_put("c"));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(queue.put_for("c", 20ms));
  EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
  EXPECT_EQ(queue.get(), "a");
  EXPECT_TRUE(queue.put_for("c", 1h));
  EXPECT_EQ(queue.get(), "b");
  EXPECT_EQ(queue.get(), "c");
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_THROW(Queue<int>{0}, std::invalid_argument);
  EXPECT_THROW(Queue<int>{(std::size_t{1} << 29U) + 1}, std::invalid_argument);
}

TEST(BoundedQueue, AProducerWaitsForRoom) {
  const NothingLeftOver nothing;
  Queue<int> queue{3};
  Process producer{[&] {
    for (int i = 0; i < 1000; ++i) queue.put(i);
    queue.close();
  }};
  int expected = 0;
  for (const int item : queue) {
    EXPECT_LE(queue.size(), 3U);
    EXPECT_EQ(item, expected++);
  }
  EXPECT_EQ(expected, 1000);
  EXPECT_TRUE(producer.join().success());
}

TEST(BoundedQueue, CloseWakesAProducerThatWaits) {
  const NothingLeftOver nothing;
  Queue<int> queue{1};
  queue.put(1);
  Process producer{[&] {
    try {
      queue.put(2);
    } catch (const mp::QueueClosed&) {
      std::exit(3);
    }
  }};
  EXPECT_TRUE(
      course::eventually([&] { return course::process_state(producer.pid()).state == 'S'; }));
  queue.close();
  EXPECT_EQ(producer.join().code, 3);
  EXPECT_EQ(queue.get(), 1);
  EXPECT_THROW(queue.get(), mp::QueueClosed);
}

// What a killed process took or put without counting it is counted again, so no process waits for
// space that is there.
TEST(BoundedQueue, ProcessesMayBeKilledAtAnyMoment) {
  const NothingLeftOver nothing;
  std::mt19937 random{4};
  for (int round = 0; round < 200; ++round) {
    Queue<Item> queue{1 + random() % 3};
    auto [begun, begun_there] = mp::one_way_pipe();
    const bool is_producer = round % 2 == 0;
    Process victim{[&](Connection to) {
                     to.send(true);
                     for (int number = 0;; ++number) {
                       if (is_producer)
                         queue.put({1, number, text_for(1, number)});
                       else
                         queue.get();
                     }
                   },
                   std::move(begun_there)};
    begun.recv<bool>();
    for (auto left = random() % 30; left > 0; --left) {
      if (is_producer)
        queue.get();
      else
        queue.put({1, 1, "x"});
    }
    victim.kill();
    victim.join();
    Process survivor{[&] {
      for (int i = 0; i < 5; ++i)
        if (!queue.put_for({2, i, "y"}, 60s)) std::exit(1);
    }};
    for (int got = 0; got < 5;) {
      const auto item = queue.get_for(60s);
      ASSERT_TRUE(item) << "hangs in round " << round;
      if (std::get<0>(*item) != 2) continue;
      EXPECT_EQ(std::get<1>(*item), got++);
    }
    ASSERT_TRUE(survivor.join().success()) << "no room in round " << round;
    EXPECT_EQ(queue.size(), 0U);
  }
}

TEST(Queue, TryPutDoesNotWaitForThePipe) {
  Queue<int> queue;
  int put = 0;
  while (queue.try_put(put)) ++put;
  EXPECT_GT(put, 1000);
  EXPECT_EQ(queue.size(), static_cast<std::size_t>(put));
  EXPECT_FALSE(queue.put_for(put, 10ms));
  for (int expected = 0; expected < put; ++expected) EXPECT_EQ(queue.get(), expected);
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.try_put(1));
}

}  // namespace
