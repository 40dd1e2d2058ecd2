#include <chrono>
#include <functional>
#include <mutex>

#include "scenario.hpp"
#include <mp/barrier.hpp>
#include <mp/condition.hpp>
#include <mp/event.hpp>
#include <mp/lock.hpp>
#include <mp/process.hpp>
#include <mp/semaphore.hpp>

namespace {

using mp::Process;
using namespace std::chrono_literals;

constexpr auto limit = 200ms;  // of a wait that times out

void wait_for_event(mp::Event& event) { event.wait_for(limit); }
void wait_for_semaphore(mp::Semaphore& semaphore) {
  if (semaphore.try_acquire_for(limit)) semaphore.release();
}
void wait_for_lock(mp::RecursiveLock& lock) { lock.try_lock_for(limit); }
void wait_for_notification(mp::Condition& condition, mp::Lock& mutex) {
  std::unique_lock lock{mutex};
  condition.wait_for(lock, limit, [] { return false; });
}
void wait_at_barrier(mp::Barrier& barrier) { barrier.arrive_and_wait(); }

void event() {
  mp::Event awaited;
  Process{{.name = "Waiting"}, wait_for_event, std::ref(awaited)}.join();
  awaited.set();
  Process{{.name = "Ready"}, wait_for_event, std::ref(awaited)};
}

void semaphore() {
  mp::Semaphore units{2};
  units.acquire();
  Process{{.name = "Ready"}, wait_for_semaphore, std::ref(units)}.join();
  units.acquire();
  Process{{.name = "Waiting"}, wait_for_semaphore, std::ref(units)}.join();
}

void recursive_lock() {
  mp::RecursiveLock lock;
  lock.lock();
  lock.lock();
  lock.unlock();
  Process{{.name = "Waiting"}, wait_for_lock, std::ref(lock)}.join();
  lock.unlock();
}

void condition() {
  mp::Lock mutex;
  mp::Condition changed;
  Process{{.name = "Waiting"}, wait_for_notification, std::ref(changed), std::ref(mutex)};
}

void barrier() {
  mp::Barrier all{3};
  Process one{wait_at_barrier, std::ref(all)}, other{wait_at_barrier, std::ref(all)};
  all.arrive_and_wait();
}

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  return course::run_scenario(argc, argv,
                              {{"event", event},
                               {"semaphore", semaphore},
                               {"recursive_lock", recursive_lock},
                               {"condition", condition},
                               {"barrier", barrier}});
}
