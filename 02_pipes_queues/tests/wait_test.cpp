#include <unistd.h>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <functional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <leftovers.hpp>
#include <mp/lock.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>
#include <mp/wait.hpp>
#include <start_methods.hpp>

namespace {

using namespace std::chrono_literals;
using mp::Connection;
using mp::Process;
using mp::Queue;
using testing::ElementsAre;
using testing::IsEmpty;

class WaitUnder : public course::StartMethods {};
INSTANTIATE_TEST_SUITE_P(Each, WaitUnder, course::every_start_method, course::method_name);

void send_and_end(Connection connection, int value) { connection.send(value); }

TEST_P(WaitUnder, SaysWhichConnectionsAreReadyUntilAllAreGone) {
  start_server();
  const course::NothingLeftOver nothing;
  std::vector<Connection> connections;
  std::vector<Process> senders;
  for (int i = 0; i < 5; ++i) {
    auto [here, there] = mp::pipe();
    connections.push_back(std::move(here));
    senders.emplace_back(options(), send_and_end, std::move(there), i);
  }
  std::multiset<int> received;
  while (!connections.empty()) {
    const auto ready = mp::wait(connections);
    ASSERT_FALSE(ready.empty());
    for (auto i = ready.rbegin(); i != ready.rend(); ++i) {
      try {
        received.insert(connections[*i].recv<int>());
      } catch (const mp::EndOfFile&) {
        connections.erase(connections.begin() + static_cast<std::ptrdiff_t>(*i));
      }
    }
  }
  EXPECT_THAT(received, ElementsAre(0, 1, 2, 3, 4));
}

TEST(Wait, TakesConnectionsQueuesAndProcessesTogether) {
  auto [here, there] = mp::pipe();
  Queue<int> queue;
  Process process{[] { ::pause(); }};
  EXPECT_THAT(mp::wait_for(0s, here, queue, process), IsEmpty());
  queue.put(1);
  EXPECT_THAT(mp::wait(here, queue, process), ElementsAre(1));
  there.send(2);
  EXPECT_THAT(mp::wait(here, queue, process), ElementsAre(0, 1));
  process.kill();
  process.join();
  EXPECT_THAT(mp::wait(here, queue, process), ElementsAre(0, 1, 2));
  EXPECT_EQ(queue.get(), 1);
  EXPECT_EQ(here.recv<int>(), 2);
  EXPECT_THAT(mp::wait(here, queue, process), ElementsAre(2));
  there.close();
  EXPECT_THAT(mp::wait(here, queue), ElementsAre(0));
}

TEST(Wait, AClosedQueueIsReadyHoweverManyWait) {
  Queue<int> queue;
  std::vector<Process> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back([&] {
      while (mp::wait(queue).empty()) {
      }
      try {
        queue.get();
      } catch (const mp::QueueClosed&) {
      }
    });
  }
  queue.close();
  for (auto& process : waiting) EXPECT_TRUE(process.join_for(60s));
  EXPECT_THAT(mp::wait(queue), ElementsAre(0));
}

TEST(Wait, LimitsRunOut) {
  auto [here, there] = mp::pipe();
  Queue<int> queue;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(mp::wait_for(20ms, here), IsEmpty());
  EXPECT_THAT(mp::wait_for(250ms, here, queue), IsEmpty());
  EXPECT_GE(std::chrono::steady_clock::now() - start, 270ms);
  EXPECT_THAT(mp::wait_for(-1h, here), IsEmpty());
}

TEST(TimeLimit, ThatIsNotANumberIsAnErrorAtOnce) {
  const mp::Seconds none{std::nan("")};
  auto [here, there] = mp::pipe();
  Queue<int> queue;
  mp::Lock lock;
  Process process{[] {}};
  EXPECT_THROW(here.poll(none), std::invalid_argument);
  EXPECT_THROW(queue.get_for(none), std::invalid_argument);
  EXPECT_THROW(mp::wait_for(none, here, queue), std::invalid_argument);
  EXPECT_THROW(process.join_for(none), std::invalid_argument);
  EXPECT_THROW(lock.try_lock_for(none), std::invalid_argument);
  EXPECT_TRUE(lock.try_lock()) << "the lock was taken all the same";
  lock.unlock();
}

}  // namespace
