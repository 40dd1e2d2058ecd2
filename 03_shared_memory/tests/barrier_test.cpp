#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "killed_anywhere.hpp"
#include <leftovers.hpp>
#include <mp/array.hpp>
#include <mp/barrier.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>
#include <mp/watchdog.hpp>
#include <start_methods.hpp>

namespace {

using namespace std::chrono_literals;
using course::kill_after;
using course::NothingLeftOver;
using course::wait_until;
using mp::Array;
using mp::Barrier;
using mp::BrokenBarrier;
using mp::Process;
using mp::Value;
using testing::HasSubstr;

class BarrierUnder : public course::StartMethods {
 protected:
  void SetUp() override { start_server(); }
};
INSTANTIATE_TEST_SUITE_P(Each, BarrierUnder, course::every_start_method, course::method_name);

// ---- All wait for all ----

// Each process publishes its step; no two may be more than one step apart.
void walk(Barrier& barrier, Array<int>& where, int own, int steps, Value<std::atomic<int>>& wrong) {
  for (int step = 1; step <= steps; ++step) {
    std::atomic_ref{where[static_cast<std::size_t>(own)]} = step;
    barrier.arrive_and_wait();
    for (auto& other : where) {
      const int there = std::atomic_ref{other};
      if (there != step && there != step + 1) ++*wrong;
    }
  }
}

TEST_P(BarrierUnder, NoneContinuesBeforeAllHaveArrived) {
  const NothingLeftOver nothing;
  for (const int parties : {1, 2, 5}) {
    Barrier barrier(static_cast<std::size_t>(parties));
    Array<int> where(static_cast<std::size_t>(parties));
    Value<std::atomic<int>> wrong{0};
    std::vector<Process> all;
    for (int i = 0; i < parties; ++i)
      all.emplace_back(options(), walk, std::ref(barrier), std::ref(where), i, 500,
                       std::ref(wrong));
    for (auto& process : all) EXPECT_TRUE(process.join().success());
    EXPECT_EQ(*wrong, 0);
    EXPECT_FALSE(barrier.is_broken());
  }
}

TEST(Barrier, IsOneForThreadsToo) {
  Barrier barrier{4};
  Array<int> where(4);
  Value<std::atomic<int>> wrong{0};
  Process process{[&] {
    std::jthread thread{[&] { walk(barrier, where, 0, 500, wrong); }};
    walk(barrier, where, 1, 500, wrong);
  }};
  std::jthread thread{[&] { walk(barrier, where, 2, 500, wrong); }};
  walk(barrier, where, 3, 500, wrong);
  EXPECT_TRUE(process.join().success());
  EXPECT_EQ(*wrong, 0);
}

TEST(Barrier, ExactlyOneComesFirst) {
  Barrier barrier{3};
  Value<std::atomic<int>> sum{0}, first{0};
  std::vector<Process> all;
  for (int i = 0; i < 3; ++i) {
    all.emplace_back([&] {
      for (int step = 0; step < 100; ++step) {
        const auto before = static_cast<int>(barrier.arrive_and_wait());
        *sum += before;
        *first += before == 0 ? 1 : 0;
      }
    });
  }
  for (auto& process : all) EXPECT_TRUE(process.join().success());
  EXPECT_EQ(*sum, 100 * (0 + 1 + 2));
  EXPECT_EQ(*first, 100);
}

TEST(Barrier, OthersMayComeForTheNextRound) {
  Barrier barrier{2};
  for (int round = 0; round < 20; ++round) {
    std::vector<Process> pair;
    for (int i = 0; i < 2; ++i)
      pair.emplace_back([](Barrier& shared) { shared.arrive_and_wait(); }, std::ref(barrier));
    for (auto& process : pair) ASSERT_EQ(process.join().code, 0);
  }
}

TEST(Barrier, RejectsInvalidNumbers) {
  EXPECT_THROW(Barrier{0}, std::invalid_argument);
  EXPECT_THROW(Barrier{(1 << 16) + 1}, std::invalid_argument);
  EXPECT_EQ(Barrier{1 << 16}.parties(), 1u << 16);
}

TEST(Barrier, AnEmptyOrMovedOneSaysSo) {
  Barrier empty;
  EXPECT_THROW(empty.arrive_and_wait(), std::system_error);
  Barrier barrier{1};
  Barrier moved{std::move(barrier)};
  EXPECT_EQ(moved.arrive_and_wait(), 0u);
  EXPECT_THROW(barrier.arrive_and_wait(), std::system_error);
  empty = std::move(moved);
  EXPECT_EQ(empty.arrive_and_wait(), 0u);
}

// ---- Broken ----

std::string break_of(Barrier& barrier) {
  try {
    barrier.arrive_and_wait();
  } catch (const BrokenBarrier& error) {
    return error.what();
  }
  return "not broken";
}

TEST(Barrier, BreaksForAllWhenOneWaitsNoLonger) {
  Barrier barrier{3};
  Process patient{{.name = "Patient"}, [&] {
                    if (break_of(barrier).find("MainProcess") == std::string::npos) std::exit(1);
                  }};
  wait_until([&] { return barrier.waiting() == 1; });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THROW(barrier.arrive_and_wait_for(120ms), BrokenBarrier);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 120ms);
  EXPECT_TRUE(patient.join().success());
  EXPECT_TRUE(barrier.is_broken());
  EXPECT_THAT(break_of(barrier), HasSubstr("stopped waiting"));
}

TEST(Barrier, AbortBreaksAndResetMends) {
  Barrier barrier{2};
  Process waiting{[&] {
    if (break_of(barrier).find("gave up") == std::string::npos) std::exit(1);
    wait_until([&] { return !barrier.is_broken(); });  // reset may come after the error
    barrier.arrive_and_wait();
  }};
  wait_until([&] { return barrier.waiting() == 1; });
  barrier.abort();
  barrier.reset();  // the process that waited must still get the error
  EXPECT_FALSE(barrier.is_broken());
  barrier.arrive_and_wait();
  EXPECT_TRUE(waiting.join().success());
}

TEST(Barrier, ResetWhileOneWaitsBreaksItForThatOne) {
  Barrier barrier{2};
  Process waiting{[&] {
    if (break_of(barrier).find("reset") == std::string::npos) std::exit(1);
  }};
  wait_until([&] { return barrier.waiting() == 1; });
  barrier.reset();
  EXPECT_TRUE(waiting.join().success());
  EXPECT_FALSE(barrier.is_broken());
}

// ---- A member dies ----

enum class End { before_it_came, after_a_round, in_the_barrier, throws, exits };

void come_and_die(Barrier& barrier, End end) {
  if (end == End::before_it_came) ::raise(SIGKILL);
  barrier.arrive_and_wait();
  if (end == End::after_a_round) ::raise(SIGKILL);
  if (end == End::throws) throw std::runtime_error{"on purpose"};
  if (end == End::exits) std::exit(3);
  barrier.arrive_and_wait();  // killed here
}

void expect_break(Barrier& barrier, const std::string& name) {
  for (;;) {
    const auto text = break_of(barrier);
    if (text == "not broken") continue;
    if (text.find(name) == std::string::npos) throw std::runtime_error{text};
    return;
  }
}

TEST_P(BarrierUnder, BreaksWithTheNameOfADeadMember) {
  for (const End end :
       {End::before_it_came, End::after_a_round, End::in_the_barrier, End::throws, End::exits}) {
    Barrier barrier{3};
    const mp::ProcessOptions named{.name = "Victim", .start_method = method()};
    Process victim{named, come_and_die, std::ref(barrier), end};
    const auto name = "Victim (pid " + std::to_string(victim.pid()) + ")";
    Process other{options(), expect_break, std::ref(barrier), name};
    if (end == End::in_the_barrier) {
      barrier.arrive_and_wait();
      wait_until([&] { return barrier.waiting() == 2; });
      victim.kill();
      victim.join();
      // It died after it had arrived, so this round is complete; the next one cannot be.
      EXPECT_EQ(break_of(barrier), "not broken");
      EXPECT_THAT(break_of(barrier), HasSubstr(name));
      EXPECT_TRUE(other.join().success());
      continue;
    }
    EXPECT_TRUE(end == End::before_it_came || break_of(barrier) == "not broken");
    EXPECT_THAT(break_of(barrier), HasSubstr(name)) << static_cast<int>(end);
    EXPECT_TRUE(other.join().success());
  }
}

TEST(Barrier, AMemberThatEndsNormallyBreaksNothing) {
  Barrier barrier{2};
  Process{[](Barrier&) {}, std::ref(barrier)}.join();
  Process leaves{[&] { barrier.arrive_and_wait(); }};
  barrier.arrive_and_wait();
  EXPECT_TRUE(leaves.join().success());
  Process waits{[&] { barrier.arrive_and_wait(); }};
  std::this_thread::sleep_for(300ms);  // enough time to break it by mistake
  EXPECT_FALSE(barrier.is_broken());
  barrier.arrive_and_wait();
  EXPECT_TRUE(waits.join().success());
}

TEST(Barrier, ADeadlockIsExplained) {
  Process root{[] {
    Barrier barrier{3};
    Process child{[&] { barrier.arrive_and_wait(); }};
    barrier.arrive_and_wait();
  }};
  mp::Examination report;
  wait_until([&] { return (report = mp::examine(root.pid())).deadlock(); });
  EXPECT_THAT(report.explanation, HasSubstr("waits for a barrier"));
  for (const auto& process : report.processes) ::kill(process.pid, SIGKILL);
}

class KilledAtEveryInstruction : public course::KilledAtEveryInstruction {
  void warm_up() override {
    Barrier barrier{2};
    try {
      barrier.arrive_and_wait_for(1ms);
    } catch (const BrokenBarrier&) {
    }
  }
};

// Passes the barrier until it breaks, then exits with code 7.
void walk_until_broken(Barrier& barrier) {
  try {
    for (;;) barrier.arrive_and_wait();
  } catch (const BrokenBarrier&) {
    std::exit(7);
  }
}

TEST_F(KilledAtEveryInstruction, AProcessThatArrives) {
  for_each_instruction([](int n) {
    Barrier barrier{2};
    Process other{[&] { walk_until_broken(barrier); }};
    // The process may arrive first or last.
    const bool middle = kill_after(
        n,
        [&] {
          barrier.arrive_and_wait();
          barrier.arrive_and_wait();
        },
        [] {}, [&](pid_t victim) { barrier.add_member(victim, "Victim"); });
    EXPECT_TRUE(other.join_for(60s));
    EXPECT_EQ(other.join().code, 7);
    return middle;
  });
}

TEST(Barrier, AMemberKilledAtRandomBlocksNoOther) {
  std::mt19937 random{1};
  for (int i = 0; i < 1000; ++i) {
    Barrier barrier{3};
    std::array<Process, 3> members;
    for (auto& member : members) member = Process{walk_until_broken, std::ref(barrier)};
    for (auto spins = random() % 200'000; spins > 0; --spins) std::atomic_signal_fence({});
    auto& victim = members.at(random() % members.size());
    victim.kill();
    for (auto& member : members) {
      ASSERT_TRUE(member.join_for(60s)) << "in round " << i;
      ASSERT_TRUE(&member == &victim || member.join().code == 7);
    }
  }
}

}  // namespace
