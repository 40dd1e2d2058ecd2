#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <mutex>
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
#include <mp/process.hpp>
#include <mp/semaphore.hpp>
#include <mp/value.hpp>
#include <mp/watchdog.hpp>
#include <start_methods.hpp>

namespace {

using namespace std::chrono_literals;
using course::is_asleep;
using course::kill_after;
using course::NothingLeftOver;
using course::wait_until;
using mp::OwnerDied;
using mp::Process;
using mp::Semaphore;
using mp::Value;
using testing::HasSubstr;

class SemaphoreUnder : public course::StartMethods {
 protected:
  void SetUp() override { start_server(); }
};
INSTANTIATE_TEST_SUITE_P(Each, SemaphoreUnder, course::every_start_method, course::method_name);

struct Inside {
  std::atomic<int> now{0}, max{0}, entries{0};
};

void enter_and_leave(Semaphore& semaphore, Value<Inside>& inside, int times) {
  for (int i = 0; i < times; ++i) {
    const std::scoped_lock unit{semaphore};
    const int now = ++inside->now;
    for (int max = inside->max; now > max && !inside->max.compare_exchange_weak(max, now);) {
    }
    std::this_thread::yield();
    ++inside->entries;
    --inside->now;
  }
}

TEST_P(SemaphoreUnder, LetsInNoMoreThanItHasUnits) {
  const NothingLeftOver nothing;
  for (const int units : {1, 2, 5}) {
    Semaphore semaphore(static_cast<std::size_t>(units));
    Value<Inside> inside;
    std::vector<Process> all;
    for (int i = 0; i < 8; ++i)
      all.emplace_back(options(), enter_and_leave, std::ref(semaphore), std::ref(inside), 300);
    for (auto& process : all) EXPECT_TRUE(process.join().success());
    EXPECT_EQ(inside->entries, 8 * 300);
    EXPECT_LE(inside->max, units);
    EXPECT_EQ(semaphore.available(), semaphore.units());
  }
}

TEST(Semaphore, CountsItsUnits) {
  Semaphore semaphore{3};
  EXPECT_EQ(semaphore.units(), 3u);
  semaphore.acquire();
  EXPECT_TRUE(semaphore.try_acquire());
  EXPECT_TRUE(semaphore.try_acquire_for(1h));
  EXPECT_EQ(semaphore.available(), 0u);
  EXPECT_FALSE(semaphore.try_acquire());
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(semaphore.try_acquire_for(250ms));
  EXPECT_GE(std::chrono::steady_clock::now() - start, 250ms);
  EXPECT_FALSE(semaphore.try_acquire_for(-1h));
  semaphore.release();
  EXPECT_EQ(semaphore.available(), 1u);
  EXPECT_TRUE(semaphore.try_acquire());
  for (int i = 0; i < 3; ++i) semaphore.release();
  EXPECT_THROW(semaphore.release(), std::system_error);
}

TEST(Semaphore, ReleasingWhatAnotherProcessHoldsIsAnError) {
  Semaphore semaphore{2};
  semaphore.acquire();
  Process process{[&] {
    try {
      semaphore.release();
    } catch (const std::system_error& error) {
      std::exit(error.code().value() == EPERM ? 7 : 1);
    }
  }};
  EXPECT_EQ(process.join().code, 7);
  EXPECT_EQ(semaphore.available(), 1u);
}

TEST(Semaphore, IsOneForAllThreadsOfAProcess) {
  Semaphore semaphore{1};
  semaphore.acquire();
  std::jthread waiter{[&] { semaphore.acquire(); }};
  std::jthread{[&] { semaphore.release(); }}.join();
  waiter.join();
  EXPECT_EQ(semaphore.available(), 0u);
}

TEST(Semaphore, RejectsInvalidNumbers) {
  EXPECT_THROW(Semaphore{0}, std::invalid_argument);
  EXPECT_THROW(Semaphore{(1 << 20) + 1}, std::invalid_argument);
  Semaphore largest{1 << 20};
  largest.acquire();
  EXPECT_EQ(largest.available(), (1u << 20) - 1);
}

TEST(Semaphore, AMovedOneSaysSo) {
  Semaphore semaphore;
  Semaphore moved{std::move(semaphore)};
  moved.acquire();
  EXPECT_THROW(semaphore.acquire(), std::system_error);
  EXPECT_THROW(semaphore.release(), std::system_error);
}

// ---- The holder dies ----

enum class End { killed, returns, throws };

void take_and_end(Semaphore& semaphore, End end) {
  semaphore.acquire();
  if (end == End::killed) ::raise(SIGKILL);
  if (end == End::throws) throw std::runtime_error{"on purpose"};
}

TEST_P(SemaphoreUnder, GivesBackWhatADeadProcessHeldAndSaysSoOnce) {
  for (const End end : {End::killed, End::returns, End::throws}) {
    Semaphore semaphore{2};
    semaphore.acquire();
    const mp::ProcessOptions named{.name = "Victim", .start_method = method()};
    Process victim{named, take_and_end, std::ref(semaphore), end};
    const auto pid = std::to_string(victim.pid());
    victim.join();
    EXPECT_EQ(semaphore.available(), 0u);
    try {
      semaphore.acquire();
      ADD_FAILURE() << "no process got the error";
    } catch (const OwnerDied& error) {
      EXPECT_THAT(error.what(), HasSubstr("Victim (pid " + pid + ")"));
    }
    EXPECT_EQ(semaphore.available(), 1u);
    EXPECT_TRUE(semaphore.try_acquire());
    EXPECT_FALSE(semaphore.try_acquire());
  }
}

TEST(Semaphore, ATryGetsTheErrorToo) {
  Semaphore semaphore;
  Process{take_and_end, std::ref(semaphore), End::returns}.join();
  EXPECT_THROW(semaphore.try_acquire(), OwnerDied);
  EXPECT_TRUE(semaphore.try_acquire());
}

TEST(Semaphore, SeesADeathThatNoProcessWaitedFor) {
  Semaphore semaphore;
  Process zombie{take_and_end, std::ref(semaphore), End::killed};
  EXPECT_THROW(
      for (;;) {
        semaphore.acquire();
        semaphore.release();
      },
      OwnerDied);
  semaphore.acquire();
}

TEST_P(SemaphoreUnder, OneOfManyWaitersGetsTheErrorAndAllContinue) {
  Semaphore semaphore;
  Value<Inside> told;
  semaphore.acquire();
  std::vector<Process> waiters;
  for (int i = 0; i < 4; ++i) {
    waiters.emplace_back(
        options(),
        [](Semaphore& shared, Value<Inside>& counts) {
          for (;;) {
            try {
              const std::scoped_lock unit{shared};
              ++counts->entries;
              return;
            } catch (const OwnerDied&) {
              ++counts->now;
            }
          }
        },
        std::ref(semaphore), std::ref(told));
  }
  Process victim{options(), take_and_end, std::ref(semaphore), End::killed};
  for (const auto& waiter : waiters) wait_until([&] { return is_asleep(waiter.pid()); });
  semaphore.release();
  for (auto& waiter : waiters) EXPECT_TRUE(waiter.join_for(60s));
  victim.join();
  try {
    semaphore.acquire();
  } catch (const OwnerDied&) {  // the last process to wait
    ++told->now;
  }
  EXPECT_EQ(told->entries, 4);
  EXPECT_EQ(told->now, 1);
}

TEST(Semaphore, ADeadlockIsExplained) {
  Process root{[] {
    Semaphore one, other;
    one.acquire();
    Process child{[&] {
      other.acquire();
      one.acquire();
    }};
    while (other.available() > 0) std::this_thread::yield();
    other.acquire();
  }};
  mp::Examination report;
  wait_until([&] { return (report = mp::examine(root.pid())).deadlock(); });
  EXPECT_THAT(report.explanation, HasSubstr("waits for a semaphore"));
  for (const auto& process : report.processes) ::kill(process.pid, SIGKILL);
}

class KilledAtEveryInstruction : public course::KilledAtEveryInstruction {
  void warm_up() override {
    Semaphore semaphore;
    semaphore.acquire();
    semaphore.try_acquire_for(1ms);
    semaphore.release();
  }
};

// Whatever the victim did, no unit is lost in the end.
void expect_all_units(Semaphore& semaphore) {
  for (std::size_t i = 0; i < semaphore.units(); ++i) {
    try {
      EXPECT_TRUE(semaphore.try_acquire_for(60s));
    } catch (const OwnerDied&) {
      --i;
    }
  }
  EXPECT_FALSE(semaphore.try_acquire());
}

TEST_F(KilledAtEveryInstruction, AProcessThatTakesAUnit) {
  for_each_instruction([](int n) {
    Semaphore semaphore{2};
    const bool middle = kill_after(n, [&] { semaphore.acquire(); });
    expect_all_units(semaphore);
    return middle;
  });
}

TEST_F(KilledAtEveryInstruction, AProcessThatReleasesAUnit) {
  for_each_instruction([](int n) {
    Semaphore semaphore{1};
    Process waiter;
    const bool middle = kill_after(
        n,
        [&] {
          semaphore.acquire();
          semaphore.release();
        },
        [&] {
          waiter = Process{[&] {
            try {
              semaphore.acquire();
            } catch (const OwnerDied&) {
              semaphore.acquire();
            }
            semaphore.release();
          }};
          wait_until([&] { return sleeps_or_has_ended(waiter); });
        });
    EXPECT_TRUE(waiter.pid() == 0 || waiter.join_for(60s));
    expect_all_units(semaphore);
    return middle;
  });
}

TEST_F(KilledAtEveryInstruction, AProcessThatWaitsForAUnit) {
  for_each_instruction([](int n) {
    Semaphore semaphore{1};
    semaphore.acquire();
    const bool middle = kill_after(n, [&] { semaphore.acquire(); });
    semaphore.release();
    expect_all_units(semaphore);
    return middle;
  });
}

TEST(Semaphore, AProcessKilledAtRandomBlocksNoOther) {
  Semaphore semaphore{2};
  Value<std::atomic<long>> entries{0}, told{0};
  const auto work = [&] {
    for (;;) {
      try {
        const std::scoped_lock unit{semaphore};
        ++*entries;
      } catch (const OwnerDied&) {
        ++*told;
      }
    }
  };
  std::array<Process, 4> workers;
  for (auto& worker : workers) worker = Process{work};
  std::mt19937 random{1};
  for (int i = 0; i < 1000; ++i) {
    const long next = *entries + static_cast<long>(random() % 50);
    wait_until([&] { return *entries > next; });
    auto& victim = workers.at(random() % workers.size());
    victim.kill();
    victim.join();
    victim = Process{work};
  }
  for (auto& worker : workers) {
    worker.kill();
    worker.join();
  }
  EXPECT_LE(*told, 1000);
  EXPECT_GT(*told, 0);
  expect_all_units(semaphore);
}

}  // namespace
