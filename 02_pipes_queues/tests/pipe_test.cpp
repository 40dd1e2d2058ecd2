#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <variant>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <leftovers.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>

namespace {

using namespace std::chrono_literals;
using course::NothingLeftOver;
using mp::Connection;
using mp::Process;
using mp::StartMethod;
using testing::AllOf;
using testing::HasSubstr;

std::string name_of(StartMethod method) {
  return method == StartMethod::fork    ? "fork"
         : method == StartMethod::spawn ? "spawn"
                                        : "forkserver";
}

// Sends back what it receives, value by value, until the other end is closed.
template <class T>
void echo(Connection connection) {
  try {
    for (;;) connection.send(connection.recv<T>());
  } catch (const mp::EndOfFile&) {
  }
}

struct Point {
  int x = 0, y = 0;
  bool operator==(const Point&) const = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(x, y);
  }
};

class PipeUnder : public testing::TestWithParam<StartMethod> {
 protected:
  void SetUp() override {
    mp::set_start_method(GetParam());
    Process{[] {}}.join();  // starts the fork server
  }
};
INSTANTIATE_TEST_SUITE_P(Each, PipeUnder,
                         testing::Values(StartMethod::fork, StartMethod::spawn,
                                         StartMethod::forkserver),
                         [](const auto& method) { return name_of(method.param); });

template <class T>
void expect_echo(const T& value) {
  auto [here, there] = mp::pipe();
  Process child{echo<T>, std::move(there)};
  here.send(value);
  EXPECT_EQ(here.recv<T>(), value);
  here.close();  // the child gets end-of-file and exits
  EXPECT_TRUE(child.join().success());
}

// A child forked meanwhile must neither keep a copy of an end nor find a mutex locked.
TEST(Pipe, ThreadsMakeMoveAndClosePipesWhileOthersFork) {
  const NothingLeftOver nothing;
  std::vector<Process> children;
  std::vector<Connection> ends;
  {
    const std::jthread thread{[](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        auto [here, there] = mp::pipe();
        const Connection moved = std::move(here);
        there.close();
        ASSERT_TRUE(moved.poll(20s)) << "a child has a copy of the other end";
      }
    }};
    for (int i = 0; i < 200; ++i) {
      auto [here, there] = mp::pipe();
      ends.push_back(std::move(here));
      children.emplace_back([end = std::move(there)]() mutable {
        auto own = mp::pipe();
        end.send(true);
        end.poll(60s);  // runs until the test closes the other end
      });
      ASSERT_TRUE(ends.back().poll(20s)) << "the child hangs";
    }
  }
  ends.clear();
}

TEST_P(PipeUnder, CarriesValuesOfManyTypes) {
  const NothingLeftOver nothing;
  expect_echo(42);
  expect_echo(-1.5);
  expect_echo(std::string{"a\0b", 3});
  expect_echo(std::string{});
  expect_echo(std::tuple{42, std::optional<int>{}, std::string{"hello"}});
  expect_echo(std::map<std::string, std::vector<int>>{{"a", {1, 2}}, {"b", {}}});
  expect_echo(std::variant<int, std::string>{"text"});
  expect_echo(Point{3, 4});
  expect_echo(std::vector<bool>{true, false, true});
}

TEST_P(PipeUnder, AKilledSenderMeansEndOfFile) {
  const NothingLeftOver nothing;
  auto [here, there] = mp::pipe();
  Process child{[](Connection connection) {
                  connection.send(1);
                  connection.recv<int>();
                },
                std::move(there)};
  EXPECT_EQ(here.recv<int>(), 1);
  child.kill();
  EXPECT_THROW(here.recv<int>(), mp::EndOfFile);
  EXPECT_THROW(
      {
        for (;;) here.send(std::string(100'000, 'x'));
      },
      mp::BrokenPipe);
}

TEST_P(PipeUnder, ASenderKilledInTheMiddleOfAMessageGivesNoHalfValue) {
  const NothingLeftOver nothing;
  auto [here, there] = mp::pipe();
  Process child{[](Connection connection) { connection.send(std::string(10'000'000, 'x')); },
                std::move(there)};
  ASSERT_TRUE(here.poll(60s));  // it has begun and cannot end, because no process receives
  child.kill();
  child.join();
  EXPECT_THROW(here.recv<std::string>(), mp::MessageError);
}

TEST_P(PipeUnder, EveryWorkerSeesTheEndOfItsOwnPipe) {
  const NothingLeftOver nothing;
  std::vector<Connection> ends;
  std::vector<Process> workers;
  for (int i = 0; i < 4; ++i) {
    auto [here, there] = mp::pipe();
    ends.push_back(std::move(here));
    workers.emplace_back(echo<int>, std::move(there));
  }
  // The order matters, because the later ones were started while the first pipe was open here.
  for (std::size_t i = 0; i < ends.size(); ++i) {
    ends[i].send(7);
    EXPECT_EQ(ends[i].recv<int>(), 7);
    ends[i].close();
    EXPECT_TRUE(workers[i].join_for(60s));
  }
}

int sum_of_all(std::vector<Connection>& connections) {
  int sum = 0;
  for (auto& connection : connections) sum += connection.recv<int>();
  return sum;
}

TEST_P(PipeUnder, AProcessMayGetAVectorOfEnds) {
  const NothingLeftOver nothing;
  std::vector<Connection> here, there;
  for (int i = 0; i < 3; ++i) {
    auto [a, b] = mp::pipe();
    here.push_back(std::move(a));
    there.push_back(std::move(b));
  }
  auto [result, result_there] = mp::one_way_pipe();
  Process child{[](std::vector<Connection> ends, Connection to) { to.send(sum_of_all(ends)); },
                std::move(there), std::move(result_there)};
  for (int i = 0; i < 3; ++i) here[static_cast<std::size_t>(i)].send(i + 1);
  EXPECT_EQ(result.recv<int>(), 6);
}

TEST_P(PipeUnder, AnEndMayBeSharedByReference) {
  const NothingLeftOver nothing;
  auto [from, to] = mp::one_way_pipe();
  std::vector<Process> children;
  for (int i = 1; i <= 3; ++i)
    children.emplace_back([](Connection& out, int number) { out.send(number); }, std::ref(to), i);
  int sum = 0;
  for (int i = 0; i < 3; ++i) sum += from.recv<int>();
  EXPECT_EQ(sum, 6);
  EXPECT_TRUE(to.is_open());
}

TEST(Pipe, CarriesAStringLiteralAsAString) {
  auto [here, there] = mp::pipe();
  there.send("a literal");
  EXPECT_EQ(here.recv<std::string>(), "a literal");
}

TEST(Pipe, AFunctionKeepsTheEndThatItHasCaptured) {
  auto [here, there] = mp::pipe();
  Process child{[end = std::move(there)]() mutable { end.send(5); }};
  EXPECT_EQ(here.recv<int>(), 5);
  EXPECT_THROW(here.recv<int>(), mp::EndOfFile);
}

TEST(Pipe, AnEndThatStayedWithTheParentSaysSo) {
  auto [here, there] = mp::pipe();
  auto [result, result_there] = mp::one_way_pipe();
  Process child{[&there = there](Connection to) {
                  try {
                    there.send(1);
                  } catch (const std::logic_error& error) {
                    to.send(std::string{error.what()});
                  }
                },
                std::move(result_there)};
  EXPECT_THAT(result.recv<std::string>(), HasSubstr("move it into the process"));
  there.send(2);  // the parent's own end is unchanged
  EXPECT_EQ(here.recv<int>(), 2);
}

TEST(Pipe, AnEndMovedAwayIsClosedHere) {
  auto [here, there] = mp::pipe();
  Process child{[](Connection) {}, std::move(there)};
  EXPECT_FALSE(there.is_open());  // NOLINT(bugprone-use-after-move): that is the point
  EXPECT_THROW(there.send(1), std::logic_error);
}

TEST(Pipe, CarriesALargeVector) {
  auto [here, there] = mp::pipe();
  Process child{[](Connection connection) {
                  std::vector<int> numbers(64 << 20);  // 256 MiB
                  std::iota(numbers.begin(), numbers.end(), 1);
                  connection.send(numbers);
                },
                std::move(there)};
  const auto numbers = here.recv<std::vector<int>>();
  ASSERT_EQ(numbers.size(), 64U << 20);
  int expected = 0;
  for (const int number : numbers) ASSERT_EQ(number, ++expected);
}

TEST(Pipe, OneWayHasOneDirection) {
  auto [from, to] = mp::one_way_pipe();
  to.send(1);
  EXPECT_EQ(from.recv<int>(), 1);
  EXPECT_THROW(from.send(1), mp::BrokenPipe);
  EXPECT_THROW(to.recv<int>(), mp::EndOfFile);
}

TEST(Pipe, WrongTypeNamesBothAndStaysInStep) {
  auto [a, b] = mp::pipe();
  a.send(std::string(200'000 / 2, 'x'));
  a.send(7);
  try {
    b.recv<std::vector<double>>();
    FAIL();
  } catch (const mp::MessageError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("string"), HasSubstr("vector<double")));
  }
  EXPECT_EQ(b.recv<int>(), 7);
}

TEST(Pipe, PollSaysWhetherThereIsSomething) {
  auto [a, b] = mp::pipe();
  EXPECT_FALSE(b.poll());
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(b.poll(20ms));
  EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
  EXPECT_FALSE(b.poll(-1h));
  a.send(1);
  EXPECT_TRUE(b.poll());
  EXPECT_TRUE(b.poll(std::chrono::hours::max()));
  b.recv<int>();
  a.close();
  EXPECT_TRUE(b.poll());  // end-of-file can be received
  EXPECT_THROW(b.recv<int>(), mp::EndOfFile);
}

TEST(Pipe, CarriesBytes) {
  auto [a, b] = mp::pipe();
  const std::vector<std::byte> bytes{std::byte{0}, std::byte{1}, std::byte{255}};
  a.send_bytes(bytes);
  a.send_bytes({});
  EXPECT_EQ(b.recv_bytes(), bytes);
  EXPECT_TRUE(b.recv_bytes().empty());
}

TEST(Pipe, CarriesAnEndOfAnotherPipe) {
  auto [a, b] = mp::pipe();
  auto [c, d] = mp::pipe();
  a.send(c);
  c.close();
  auto arrived = b.recv<Connection>();
  arrived.send(3);
  EXPECT_EQ(d.recv<int>(), 3);
}

TEST(Pipe, SignalsDoNotDisturb) {
  static volatile std::sig_atomic_t signals = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { signals = signals + 1; };  // without SA_RESTART
  ASSERT_EQ(::sigaction(SIGALRM, &action, nullptr), 0);
  const itimerval often{{0, 500}, {0, 500}}, never{};
  auto [here, there] = mp::pipe();
  Process child{echo<std::string>, std::move(there)};
  ::setitimer(ITIMER_REAL, &often, nullptr);
  const std::string text(50'000, 'x');  // fits into the pipe, because both processes send first
  // Until calls have been interrupted.
  while (signals < 50) {
    here.send(text);
    EXPECT_EQ(here.recv<std::string>(), text);
    (void)here.poll(1ms);
  }
  ::setitimer(ITIMER_REAL, &never, nullptr);
  here.close();  // or the child would wait for more, and this process for the child
}

// The number of descriptors that an ordinary user may have in transit is limited.
void send_ends_until_the_kernel_refuses() {
  if (::geteuid() == 0) mp::check(::setuid(65534), "setuid");
  const rlimit few{64, 64};
  mp::check(::setrlimit(RLIMIT_NOFILE, &few), "setrlimit");
  auto [here, there] = mp::pipe();
  auto [end, other_end] = mp::pipe();
  here.send(1);
  int sent = 0;
  EXPECT_THROW(for (; sent < 1000; ++sent) here.send(end), std::system_error);
  EXPECT_THROW(here.send(2), mp::BrokenPipe);
  EXPECT_EQ(there.recv<int>(), 1);
  for (; sent > 0; --sent) EXPECT_TRUE(there.recv<Connection>().is_open());
  EXPECT_THROW(there.recv<Connection>(), mp::MessageError);
  EXPECT_THROW(there.recv<int>(), mp::EndOfFile);
  there.send(3);
  EXPECT_EQ(here.recv<int>(), 3);
  if (testing::Test::HasFailure()) std::exit(1);
}

TEST(Pipe, AFailureInTheMiddleOfAMessageEndsTheSending) {
  EXPECT_TRUE(Process{send_ends_until_the_kernel_refuses}.join().success());
}

// ---- Ends inside something else ----

template <class Function>
void expect_one_sent_by(Function function, Connection& here) {
  Process process{std::move(function)};
  EXPECT_EQ(here.recv<int>(), 1);
  EXPECT_THROW(here.recv<int>(), mp::EndOfFile);
}

TEST(Pipe, AnEndMovesIntoTheProcessInAVectorOfALambda) {
  auto [here, there] = mp::pipe();
  std::vector<Connection> ends;
  ends.push_back(std::move(there));
  expect_one_sent_by([ends = std::move(ends)]() mutable { ends[0].send(1); }, here);
}

TEST(Pipe, AnEndMovesIntoTheProcessInAMapOfPointers) {
  auto [here, there] = mp::pipe();
  std::map<int, std::unique_ptr<Connection>> ends;
  ends[7] = std::make_unique<Connection>(std::move(there));
  expect_one_sent_by([ends = std::move(ends)]() mutable { ends[7]->send(1); }, here);
}

struct Ends {
  std::vector<Connection> all;
};

void send_to_first(Ends ends) { ends.all.at(0).send(1); }

TEST(Pipe, AnEndMovesIntoTheProcessInAStructThatCannotTravel) {
  auto [here, there] = mp::pipe();
  Ends ends;
  ends.all.push_back(std::move(there));
  Process process{send_to_first, std::move(ends)};
  EXPECT_EQ(here.recv<int>(), 1);
  EXPECT_THROW(here.recv<int>(), mp::EndOfFile);
}

TEST(Pipe, AnEndThatStaysIsClosedInTheProcess) {
  auto [here, there] = mp::pipe();
  std::vector<Connection> ends;
  ends.push_back(std::move(there));
  Process process{[&] {
    try {
      ends[0].send(1);
    } catch (const std::logic_error&) {
      std::exit(3);
    }
  }};
  EXPECT_EQ(process.join().code, 3);
}

TEST(Pipe, AProcessMayShareAllConnections) {
  auto ends = mp::pipe();
  Process process{{.shares_connections = true}, [&] { ends.second.send(1); }};
  EXPECT_EQ(ends.first.recv<int>(), 1);
}

TEST(Pipe, AFullDescriptorTableIsOnlyAnError) {
  const NothingLeftOver nothing;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit limit{64, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  std::vector<mp::FileDescriptor> others;
  try {
    for (;;) others.emplace_back(mp::check(::dup(STDERR_FILENO), "dup"));
  } catch (const std::system_error&) {
    others.pop_back();  // a pipe needs two
  }
  try {
    mp::pipe();
    ADD_FAILURE() << "there was room";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::too_many_files_open);
    EXPECT_THAT(error.what(), HasSubstr("socketpair"));
  }
  others.clear();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  auto [a, b] = mp::pipe();
  a.send(1);
  EXPECT_EQ(b.recv<int>(), 1);
}

}  // namespace
