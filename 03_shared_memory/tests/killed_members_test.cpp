#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <gtest/gtest.h>

#include <leftovers.hpp>
#include <mp/condition.hpp>
#include <mp/event.hpp>
#include <mp/lock.hpp>
#include <mp/process.hpp>
#include <mp/semaphore.hpp>
#include <mp/value.hpp>

// Three processes use an object as often as they can. One is killed at a random moment; the others
// must finish. MP_KILLS says how many are killed for each object. (The same for a
// barrier, which breaks then, is in barrier_test.cpp.)

namespace {

using namespace std::chrono_literals;
using mp::Process;

int kills() {
  const char* const text = std::getenv("MP_KILLS");
  return text ? std::stoi(text) : 20;
}

class KilledMember : public testing::Test {
 protected:
  // `use` makes one round of calls; `release` wakes members that wait for one that was killed.
  template <class Use, class Release>
  void expect_no_other_hangs(Use use, Release release) {
    const course::NothingLeftOver nothing;
    std::mt19937 random{1};
    for (int kill = 0; kill < kills(); ++kill) {
      mp::Value<std::atomic<bool>> stop{false};
      mp::Value<std::atomic<int>> begun{0};
      std::array<Process, 3> members;
      for (auto& member : members)
        member = Process{[&] {
          ++*begun;
          while (!*stop) {
            try {
              use();
            } catch (const mp::OwnerDied&) {  // as documented
            }
          }
        }};
      if (kill % 4 != 0)  // sometimes also while they begin
        while (*begun < 3) std::this_thread::yield();
      for (auto spins = random() % 200'000; spins > 0; --spins) std::atomic_signal_fence({});
      auto& victim = members.at(random() % members.size());
      victim.kill();
      *stop = true;
      for (auto& member : members) {
        const auto start = std::chrono::steady_clock::now();
        while (!member.join_for(1ms)) {
          release();
          ASSERT_LT(std::chrono::steady_clock::now() - start, 60s) << "hangs after kill " << kill;
        }
        ASSERT_TRUE(&member == &victim || member.join().success()) << "after kill " << kill;
      }
    }
  }
};

TEST_F(KilledMember, OfAnEvent) {
  mp::Event event;
  expect_no_other_hangs(
      [&] {
        event.set();
        event.clear();
        event.wait();
      },
      [&] { event.set(); });
}

TEST_F(KilledMember, OfASemaphore) {
  mp::Semaphore semaphore{2};
  expect_no_other_hangs([&] { const std::scoped_lock guard{semaphore}; }, [] {});
  EXPECT_LE(semaphore.available(), 2U);
}

TEST_F(KilledMember, OfACondition) {
  mp::Condition condition;
  mp::Value<int> turn{0};
  expect_no_other_hangs(
      [&] {
        std::unique_lock lock{turn};
        ++*turn;
        condition.notify_one();
        condition.wait(lock);
      },
      [&] { condition.notify_all(); });
}

TEST_F(KilledMember, OfARecursiveLock) {
  mp::RecursiveLock lock;
  expect_no_other_hangs(
      [&] {
        const std::scoped_lock outer{lock};
        const std::scoped_lock inner{lock};
      },
      [] {});
}

}  // namespace
