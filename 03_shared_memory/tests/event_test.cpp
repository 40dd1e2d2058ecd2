#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>
#include <gtest/gtest.h>

#include "killed_anywhere.hpp"
#include <leftovers.hpp>
#include <mp/event.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>
#include <start_methods.hpp>

namespace {

using namespace std::chrono_literals;
using course::is_asleep;
using course::kill_after;
using course::NothingLeftOver;
using course::wait_until;
using mp::Event;
using mp::Process;
using mp::Value;

class EventUnder : public course::StartMethods {
 protected:
  void SetUp() override { start_server(); }
};
INSTANTIATE_TEST_SUITE_P(Each, EventUnder, course::every_start_method, course::method_name);

void wait_and_note(Event& event, Value<std::atomic<int>>& gone_on) {
  event.wait();
  ++*gone_on;
}

TEST_P(EventUnder, WakesAllWaitersWhenItIsSet) {
  const NothingLeftOver nothing;
  Event event;
  Value<std::atomic<int>> gone_on{0};
  std::vector<Process> waiting;
  for (int i = 0; i < 4; ++i)
    waiting.emplace_back(options(), wait_and_note, std::ref(event), std::ref(gone_on));
  for (const auto& process : waiting) wait_until([&] { return is_asleep(process.pid()); });
  EXPECT_EQ(*gone_on, 0);
  event.set();
  for (auto& process : waiting) EXPECT_TRUE(process.join_for(60s));
  EXPECT_EQ(*gone_on, 4);
}

void answer(Event& there, Event& back, int times) {
  for (int i = 0; i < times; ++i) {
    there.wait();
    there.clear();
    back.set();
  }
}

TEST_P(EventUnder, CanBeUsedAgain) {
  constexpr int times = 1000;
  Event there, back;
  Process process{options(), answer, std::ref(there), std::ref(back), times};
  for (int i = 0; i < times; ++i) {
    there.set();
    ASSERT_TRUE(back.wait_for(60s));
    back.clear();
  }
  EXPECT_TRUE(process.join().success());
}

TEST(Event, StaysSetUntilItIsCleared) {
  Event event;
  EXPECT_FALSE(event.is_set());
  event.clear();
  EXPECT_FALSE(event.is_set());
  event.set();
  event.set();
  EXPECT_TRUE(event.is_set());
  event.wait();
  EXPECT_TRUE(event.wait_for(0s));
  event.clear();
  EXPECT_FALSE(event.is_set());
  EXPECT_FALSE(event.wait_for(0s));
}

TEST(Event, WaitersContinueEvenIfItIsClearedAtOnce) {
  Event event;
  Value<std::atomic<int>> gone_on{0};
  std::vector<Process> waiting;
  for (int i = 0; i < 3; ++i)
    waiting.emplace_back(wait_and_note, std::ref(event), std::ref(gone_on));
  for (const auto& process : waiting) wait_until([&] { return is_asleep(process.pid()); });
  event.set();
  event.clear();
  for (auto& process : waiting) EXPECT_TRUE(process.join_for(60s));
  EXPECT_EQ(*gone_on, 3);
}

TEST(Event, LimitsRunOut) {
  Event event;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(event.wait_for(20ms));
  EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
  EXPECT_FALSE(event.wait_for(-1h));
  const std::jthread setter{[&] { event.set(); }};
  EXPECT_TRUE(event.wait_for(std::chrono::hours::max()));
}

TEST(Event, AMovedOneSaysSo) {
  Event event;
  event.set();
  Event moved{std::move(event)};
  EXPECT_TRUE(moved.is_set());
  EXPECT_THROW(event.set(), std::system_error);
  EXPECT_THROW(event.wait(), std::system_error);
}

TEST(Event, DoesNotArriveFromMemoryOfAnotherKind) {
  EXPECT_THROW(mp::decode<Event>(mp::encode(mp::SharedMemory{1})), mp::MessageError);
}

class KilledAtEveryInstruction : public course::KilledAtEveryInstruction {
  void warm_up() override {
    Event event;
    event.wait_for(1ms);
    event.set();
    event.clear();
  }
};

TEST_F(KilledAtEveryInstruction, AProcessThatSetsAnEvent) {
  for_each_instruction([](int n) {
    Event event;
    auto waiting = asleep([&] { event.wait(); });
    const bool middle = kill_after(n, [&] { event.set(); });
    // It is set or not, but nothing in between.
    if (event.is_set()) {
      EXPECT_TRUE(waiting.join_for(60s));
    } else {
      EXPECT_TRUE(waiting.is_alive());
      event.set();
    }
    return middle;
  });
}

TEST_F(KilledAtEveryInstruction, AProcessThatWaitsForAnEvent) {
  for_each_instruction([](int n) {
    Event event;
    auto waiting = asleep([&] { event.wait(); });
    const bool middle = kill_after(n, [&] { event.wait(); });
    event.set();
    EXPECT_TRUE(waiting.join_for(60s));
    return middle;
  });
}

TEST(Event, AProcessKilledAtRandomDisturbsNoOther) {
  std::mt19937 random{1};
  for (int i = 0; i < 1000; ++i) {
    Event there, back;
    const auto rounds = [&] {
      for (;;) {
        there.wait();
        there.clear();
        back.set();
      }
    };
    Process victim{rounds}, other{rounds};
    const auto steps = random() % 20;
    for (unsigned step = 0; step < steps; ++step) {
      there.set();
      ASSERT_TRUE(back.wait_for(60s));
      back.clear();
    }
    victim.kill();
    victim.join();
    for (int step = 0; step < 3; ++step) {
      there.set();
      ASSERT_TRUE(back.wait_for(60s));
      back.clear();
    }
    other.kill();
  }
}

}  // namespace
