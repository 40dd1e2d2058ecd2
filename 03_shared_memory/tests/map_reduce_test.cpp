#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <leftovers.hpp>
#include <mp/array.hpp>
#include <mp/map_reduce.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>
#include <start_methods.hpp>

namespace {

using namespace std::chrono_literals;
using course::NothingLeftOver;
using mp::Array;
using mp::Chunk;
using mp::MapReduce;
using mp::Process;
using mp::Value;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

class MapReduceTest : public testing::Test {};

// ---- Every index once, results in order ----

class Workers : public testing::TestWithParam<int> {
 protected:
  static void for_each_size(auto test) {
    for (const std::size_t count : {0U, 1U, 6U, 7U, 8U, 1000U})
      for (const std::size_t chunk_size : {1U, 3U, 7U, 999U, 1'000'000U}) {
        SCOPED_TRACE(testing::Message() << count << " in chunks of " << chunk_size);
        test(count, chunk_size);
      }
  }
  MapReduce workers{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(, Workers, testing::Values(1, 2, 7));

TEST_P(Workers, CoverEveryIndexOnceInOrder) {
  for_each_size([&](std::size_t count, std::size_t chunk_size) {
    Array<std::atomic<int>> visits(count);
    const auto chunks = workers.map_chunks(count, chunk_size, [&](const Chunk& chunk) {
      for (auto i = chunk.begin; i < chunk.end; ++i) ++visits[i];
      return chunk;
    });
    EXPECT_TRUE(std::ranges::all_of(visits, [](int times) { return times == 1; }));
    std::size_t begin = 0, number = 0;
    for (const auto& chunk : chunks) {
      EXPECT_EQ(chunk.number, number++);
      EXPECT_EQ(chunk.begin, begin);
      EXPECT_EQ(chunk.size(), std::min(chunk_size, count - begin));
      begin = chunk.end;
    }
    EXPECT_EQ(begin, count);
  });
}

TEST_P(Workers, ReduceInOrder) {
  for_each_size([&](std::size_t count, std::size_t chunk_size) {
    std::size_t next = 0;
    workers.map_chunks(
        count, chunk_size, [](const Chunk& chunk) { return chunk; },
        [&](const Chunk& chunk) {
          EXPECT_EQ(chunk.begin, next);
          next = chunk.end;
        });
    EXPECT_EQ(next, count);
  });
}

TEST_F(MapReduceTest, MapsIndexByIndex) {
  MapReduce workers{3};
  EXPECT_THAT(workers.map(5, [](std::size_t i) { return i * i; }), ElementsAre(0, 1, 4, 9, 16));
  std::vector<std::size_t> reduced;
  workers.map(
      5, [](std::size_t i) { return i * i; },
      [&](std::size_t square) { reduced.push_back(square); });
  EXPECT_THAT(reduced, ElementsAre(0, 1, 4, 9, 16));
}

TEST_F(MapReduceTest, ReadsTheParentsData) {
  const std::map<std::size_t, std::string> names{{0, "zero"}, {1, "one"}, {2, "two"}};
  MapReduce workers{2};
  EXPECT_THAT(workers.map(3, [&](std::size_t i) { return names.at(i).size(); }),
              ElementsAre(4, 3, 3));
}

TEST_F(MapReduceTest, ChangesOnlyWhatIsShared) {
  int own = 0;
  Array<int> shared(3);
  MapReduce workers{2};
  workers.map(3, [&](std::size_t i) { shared[i] = ++own; });
  EXPECT_EQ(own, 0);
  EXPECT_THAT(shared, Each(testing::Gt(0)));
}

TEST_F(MapReduceTest, WorksInOtherProcesses) {
  MapReduce workers{4};
  const auto pids = workers.map(100, [](std::size_t) { return ::getpid(); });
  EXPECT_THAT(pids, Each(testing::Ne(::getpid())));
  EXPECT_THAT(MapReduce{1}.map(100, [](std::size_t) { return ::getpid(); }), Each(testing::Gt(0)));
}

TEST_F(MapReduceTest, StartsNoMoreWorkersThanThereAreChunks) {
  const NothingLeftOver check;
  MapReduce workers{50};
  const auto names = workers.map(3, [](std::size_t) {
    return std::stoi(mp::this_process::name().substr(std::string{"Worker-"}.size()));
  });
  EXPECT_THAT(names, Each(testing::Le(3)));
  EXPECT_THAT(workers.map(0, [](std::size_t i) { return i; }), IsEmpty());
}

TEST_F(MapReduceTest, RefusesWhatMakesNoSense) {
  EXPECT_THROW(MapReduce{0}, std::invalid_argument);
  EXPECT_THROW(MapReduce{-1}, std::invalid_argument);
  MapReduce workers{1};
  EXPECT_THROW(workers.map_chunks(5, 0, [](const Chunk&) {}), std::invalid_argument);
  EXPECT_THROW(workers.map_chunks(0, 0, [](const Chunk&) { return 1; }), std::invalid_argument);
}

// ---- Several at a time ----

TEST_F(MapReduceTest, CriticalSectionLetsInOneAtATime) {
  Value<std::size_t> sum{0};
  MapReduce workers{4};
  workers.map(10'000, [&](std::size_t i) {
    const std::scoped_lock guard{workers.critical()};
    *sum += i;
  });
  EXPECT_EQ(*sum, 49'995'000u);
}

TEST_F(MapReduceTest, ReducesWhileOthersWork) {
  // Index 1 cannot be finished before index 0 has been reduced.
  course::Pipe told;
  std::vector<std::size_t> reduced;
  MapReduce{2}.map(
      2,
      [&](std::size_t i) {
        if (i == 1 && course::read_text(told.read) != "reduced 0") throw std::runtime_error{"?"};
        return i;
      },
      [&](std::size_t i) {
        reduced.push_back(i);
        if (i == 0) course::write_text(told.write, "reduced 0");
      });
  EXPECT_THAT(reduced, ElementsAre(0, 1));
}

TEST_F(MapReduceTest, SleepsWhileItWaits) {
  const auto used = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return 1s * usage.ru_utime.tv_sec + 1us * usage.ru_utime.tv_usec + 1s * usage.ru_stime.tv_sec +
           1us * usage.ru_stime.tv_usec;
  };
  const auto before = used();
  MapReduce{1}.map(
      1,
      [](std::size_t i) {
        std::this_thread::sleep_for(500ms);
        return i;
      },
      [](std::size_t) {});
  EXPECT_LT(used() - before, 250ms);
}

TEST_F(MapReduceTest, CanBeUsedWithinItself) {
  MapReduce workers{2};
  const auto sums = workers.map(3, [&](std::size_t i) {
    const auto products = workers.map(4, [&](std::size_t k) { return i * k; });
    return std::accumulate(products.begin(), products.end(), std::size_t{0});
  });
  EXPECT_THAT(sums, ElementsAre(0, 6, 12));
}

TEST_F(MapReduceTest, IsNotDisturbedBySignals) {
  struct sigaction action {
  }, old{};
  action.sa_handler = [](int) {};  // without SA_RESTART, so system calls are interrupted
  mp::check(::sigaction(SIGALRM, &action, &old), "sigaction");
  const itimerval often{{0, 500}, {0, 500}}, never{};
  mp::check(::setitimer(ITIMER_REAL, &often, nullptr), "setitimer");
  std::size_t sum = 0;
  MapReduce{2}.map(
      200,
      [](std::size_t i) {
        std::this_thread::sleep_for(1ms);
        return i;
      },
      [&](std::size_t i) { sum += i; });
  mp::check(::setitimer(ITIMER_REAL, &never, nullptr), "setitimer");
  mp::check(::sigaction(SIGALRM, &old, nullptr), "sigaction");
  EXPECT_EQ(sum, 19'900u);
}

// ---- What may go wrong ----

[[noreturn]] void block() {
  for (;;) ::pause();
}

// Runs a loop that must fail, with and without a reduce.
template <class Error, class Work>
void expect_failure(Work work, std::function<void(const Error&)> examine) {
  const NothingLeftOver check;
  MapReduce workers{3};
  for (const bool reducing : {false, true}) {
    try {
      const auto in_worker = [&](std::size_t i) {
        work(workers, i);
        return i;
      };
      if (reducing)
        workers.map(30, in_worker, [](std::size_t) {});
      else
        workers.map(30, in_worker);
      ADD_FAILURE() << "nothing was thrown, reducing: " << reducing;
    } catch (const Error& error) {
      examine(error);
    }
    const auto locked = workers.map(3, [&](std::size_t i) {
      const std::scoped_lock guard{workers.critical()};
      return i;
    });
    EXPECT_THAT(locked, ElementsAre(0, 1, 2));
  }
}

TEST_F(MapReduceTest, BringsExceptionsHomeAndStopsTheRest) {
  expect_failure<mp::RemoteError>(
      [](MapReduce&, std::size_t i) {
        if (i != 1) block();
        throw std::range_error{"no such place"};
      },
      [](const mp::RemoteError& error) {
        EXPECT_EQ(error.type, "std::range_error");
        EXPECT_EQ(error.text, "no such place");
        EXPECT_THAT(error.worker, StartsWith("Worker-"));
        EXPECT_EQ(error.what(), error.worker + ": std::range_error: no such place");
      });
}

TEST_F(MapReduceTest, KillsWorkersThatIgnoreTermination) {
  expect_failure<mp::RemoteError>(
      [](MapReduce&, std::size_t i) {
        ::signal(SIGTERM, SIG_IGN);
        if (i != 0) block();
        throw std::range_error{"no such place"};
      },
      [](const mp::RemoteError& error) { EXPECT_EQ(error.text, "no such place"); });
}

TEST_F(MapReduceTest, BeginsNothingMoreAfterAnException) {
  Value<std::atomic<int>> begun{0};
  EXPECT_THROW(MapReduce{1}.map(1000, [&](std::size_t) { throw ++*begun; }), mp::RemoteError);
  EXPECT_EQ(*begun, 1);
}

TEST_F(MapReduceTest, CutsOnlyTheLongestTexts) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{65'535}, std::size_t{1'000'000}}) {
    try {
      MapReduce{1}.map(1, [&](std::size_t) { throw std::runtime_error{std::string(size, 'x')}; });
      ADD_FAILURE() << "nothing was thrown";
    } catch (const mp::RemoteError& error) {
      EXPECT_EQ(error.text, std::string(std::min<std::size_t>(size, 65'535), 'x'));
    }
  }
}

class Deaths : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(, Deaths, testing::Values(SIGKILL, SIGTERM, SIGUSR1));

TEST_P(Deaths, NameProcessAndSignal) {
  Process{{.daemon = true}, [] {}}.join();
  for (const std::size_t index : {0U, 1U, 15U, 29U}) {
    Value<std::atomic<pid_t>> victim{0};
    expect_failure<mp::WorkerDied>(
        [&](MapReduce&, std::size_t i) {
          if (i != index) return;
          *victim = ::getpid();
          ::raise(GetParam());
        },
        [&](const mp::WorkerDied& error) {
          EXPECT_EQ(error.pid, *victim);
          EXPECT_EQ(error.status.signal, GetParam());
        });
  }
}

TEST_F(MapReduceTest, NamesTheDeadWorkerNotItsVictims) {
  // A process that waits for the critical section gets OwnerDied, an exception.
  expect_failure<mp::WorkerDied>(
      [&](MapReduce& workers, std::size_t i) {
        const std::scoped_lock guard{workers.critical()};
        if (i == 10) ::raise(SIGKILL);
      },
      [](const mp::WorkerDied& error) { EXPECT_EQ(error.status.signal, SIGKILL); });
}

TEST_F(MapReduceTest, NoticesAWorkerThatWalksOut) {
  expect_failure<mp::WorkerDied>(
      [](MapReduce&, std::size_t i) {
        if (i == 5) std::exit(0);
        if (i > 5) block();
      },
      [](const mp::WorkerDied& error) { EXPECT_EQ(error.status.code, 0); });
}

TEST_F(MapReduceTest, IsKilledFromOutside) {
  course::Pipe pid;
  std::jthread killer{[&] { ::kill(std::stoi(course::read_text(pid.read)), SIGKILL); }};
  EXPECT_THROW(MapReduce{2}.map(2,
                                [&](std::size_t i) {
                                  if (i == 0)
                                    course::write_text(pid.write, std::to_string(::getpid()));
                                  block();
                                }),
               mp::WorkerDied);
}

TEST_F(MapReduceTest, StopsWhenReduceThrows) {
  const NothingLeftOver check;
  EXPECT_THROW(MapReduce{2}.map(
                   10,
                   [](std::size_t i) {
                     if (i > 2) block();
                     return i;
                   },
                   [](std::size_t i) {
                     if (i == 2) throw std::range_error{"enough"};
                   }),
               std::range_error);
}

TEST_F(MapReduceTest, EndsWithItsParent) {
  course::Pipe alive;
  Process parent{[&] {
    MapReduce{2}.map(2, [&](std::size_t) {
      course::write_text(alive.write, "x");
      block();
    });
  }};
  alive.write.close();
  std::string arrived;
  while (arrived.size() < 2) arrived += course::read_text(alive.read);
  parent.kill();
  EXPECT_EQ(course::read_text(alive.read), "");  // end-of-file, because no process holds the pipe
}

TEST_F(MapReduceTest, SaysWhenThereIsNoRoom) {
  const NothingLeftOver check;
  MapReduce workers{2};
  rlimit old{};
  mp::check(::getrlimit(RLIMIT_NOFILE, &old), "getrlimit");
  for (rlim_t room = 0; room < 8; ++room) {
    const rlimit few{.rlim_cur = static_cast<rlim_t>(course::open_descriptors().back()) + 1 + room,
                     .rlim_max = old.rlim_max};
    mp::check(::setrlimit(RLIMIT_NOFILE, &few), "setrlimit");
    try {
      workers.map(
          2, [](std::size_t i) { return i; }, [](std::size_t) {});
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code(), std::errc::too_many_files_open);
    } catch (const mp::WorkerDied&) {
      // The worker had no memory.
    }
    mp::check(::setrlimit(RLIMIT_NOFILE, &old), "setrlimit");
  }
  EXPECT_THAT(workers.map(2, [](std::size_t i) { return i; }), ElementsAre(0, 1));
}

TEST_F(MapReduceTest, WorkMaySendThroughItsParentsPipes) {
  std::vector<std::pair<mp::Connection, mp::Connection>> pipes;
  for (int i = 0; i < 2; ++i) pipes.push_back(mp::pipe());
  MapReduce{2}.map(2, [&](std::size_t i) { pipes[i].second.send(i); });
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(pipes[i].first.recv<std::size_t>(), i);
}

TEST_F(MapReduceTest, WorksWhileSigchldIsIgnored) {
  Process host{[] {
    std::signal(SIGCHLD, SIG_IGN);
    std::exit(MapReduce{2}.map(3, [](std::size_t i) { return i; })[2] == 2 ? 0 : 3);
  }};
  EXPECT_TRUE(host.join().success());
}

TEST_F(MapReduceTest, WorksWhileTheHostReapsAllChildren) {
  Process host{[] {
    std::signal(SIGCHLD, [](int) {
      while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
    });
    std::exit(MapReduce{2}.map(3, [](std::size_t i) { return i; })[2] == 2 ? 0 : 3);
  }};
  EXPECT_TRUE(host.join().success());
}

TEST_F(MapReduceTest, WorksWithoutRootsRights) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has privileges to give up";
  Process host{[] {
    mp::check(::setresuid(65534, 65534, 65534), "setresuid");
    std::exit(MapReduce{2}.map(3, [](std::size_t i) { return i; })[2] == 2 ? 0 : 3);
  }};
  EXPECT_TRUE(host.join().success());
}

TEST_F(MapReduceTest, WorksWhileTheOutputIsSilenced) {
  Process host{[] {
    std::cout.setstate(std::ios::badbit);
    const auto numbers = MapReduce{2}.map(3, [](std::size_t i) { return i; });
    ::_exit(numbers[2] == 2 ? 0 : 3);
  }};
  EXPECT_TRUE(host.join().success());
}

TEST_F(MapReduceTest, LeavesNothingBehind) {
  const NothingLeftOver check;
  const auto count_mappings = [] {
    std::ifstream maps{"/proc/self/maps"};
    int found = 0;
    for (std::string line; std::getline(maps, line);)
      found += line.find("memfd:mp") != line.npos ? 1 : 0;
    return found;
  };
  const auto before = count_mappings();
  for (int i = 0; i < 1000; ++i) {
    MapReduce workers{2};
    std::size_t sum = 0;
    workers.map(
        3, [](std::size_t k) { return k; }, [&](std::size_t k) { sum += k; });
    ASSERT_EQ(sum, 3u);
  }
  EXPECT_EQ(count_mappings(), before);
}

}  // namespace
