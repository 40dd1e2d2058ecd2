#include <chrono>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mp/pipe.hpp>
#include <program.hpp>

namespace {

using course::run_lesson;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::UnorderedElementsAre;

std::string without_numbers(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto end = text.find_first_not_of("0123456789", i + 2);
    const bool number = text.compare(i, 2, " (") == 0 && end > i + 2 && end < text.size();
    if (number && text[end] == ')')
      i = end;
    else
      result += text[i];
  }
  return result;
}

const std::vector<std::string> quick{"--patience", "0.05"};

TEST(PipeDeadlock, ExplainsWhyNoProcessContinues) {
  const auto run = run_lesson("pipe_deadlock", quick);
  EXPECT_EQ(run.status, 1) << run;
  EXPECT_THAT(run.output_lines(), UnorderedElementsAre("MainProcess waits for the answer",
                                                       "Process-1 waits for a number"));
  EXPECT_EQ(without_numbers(run.errors),
            "MainProcess waits to receive from Process-1; Process-1 waits to receive from "
            "MainProcess. This is a deadlock because no process will send.\n");
}

TEST(PipeDeadlock, WaitsAsLongAsItsPatience) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(run_lesson("pipe_deadlock").status, 1);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds{1});
}

// A descriptor in transit could be what the others wait for, but it is not in transit all the time.
TEST(PipeDeadlock, IsFoundWhileOthersSendDescriptors) {
  std::jthread other{[](const std::stop_token& stop) {
    auto [sender, receiver] = mp::pipe();
    while (!stop.stop_requested()) {
      sender.send(sender.descriptor());
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
      receiver.recv<mp::FileDescriptor>();
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
  }};
  EXPECT_EQ(run_lesson("pipe_deadlock").status, 1);
}

TEST(PipeFullDeadlock, ShowsTheHazardAndItsFix) {
  const auto run = run_lesson("pipe_full_deadlock", quick);
  EXPECT_EQ(run.status, 0) << run;
  ASSERT_THAT(run.output_lines(), Not(IsEmpty())) << run;
  ASSERT_THAT(run.output_lines()[0], MatchesRegex("A pipe holds [1-9][0-9]* bytes\\.")) << run;
  const auto capacity = std::stoul(run.output.substr(std::string{"A pipe holds "}.size()));
  const auto small = std::to_string(capacity / 4), large = std::to_string(2 * capacity);
  const auto lines = run.output_lines();
  ASSERT_EQ(lines.size(), 11U) << run;
  EXPECT_EQ(lines[1], "Both send first, " + small + " bytes:");
  EXPECT_EQ(lines[4], "  Alice ended with exit code 0");
  EXPECT_EQ(lines[5], "Both send first, " + large + " bytes:");
  EXPECT_EQ(lines[6], "  Alice ended with exit code 1");
  EXPECT_EQ(lines[7], "The fix: one receives first, " + large + " bytes:");
  EXPECT_EQ(lines[8], "  Bob received " + large + " bytes, then sent");
  EXPECT_EQ(without_numbers(run.errors),
            "Alice waits to send to Bob (the pipe is full); Bob waits to send to Alice (the pipe "
            "is full). This is a deadlock because no process will receive.\n");
}

TEST(QueueJoinDeadlock, ShowsTheHazardAndItsFix) {
  const auto run = run_lesson("queue_join_deadlock", quick);
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(
      run.output_lines(),
      ElementsAre("Join, then get, a result of 100 bytes:", "  Parent got 100 bytes",
                  "  Parent ended with exit code 0",
                  "Join, then get, a result of 1000000 bytes:", "  Parent ended with exit code 1",
                  "The fix: get, then join, a result of 1000000 bytes:",
                  "  Parent got 1000000 bytes", "  Parent ended with exit code 0"));
  EXPECT_EQ(without_numbers(run.errors),
            "Parent waits for Child to end; Child waits to send to Parent (the pipe is full). This "
            "is a deadlock because no process will receive.\n");
}

TEST(QueueJoinDeadlock, DoesNotHangWithASmallResult) {
  const auto run = run_lesson("queue_join_deadlock", {"--patience", "0.05", "--size", "1000"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.errors, IsEmpty());
  EXPECT_THAT(run.output, Not(HasSubstr("exit code 1")));
}

TEST(DeadlockLessons, RejectBadArguments) {
  for (const auto* lesson : {"pipe_deadlock", "pipe_full_deadlock", "queue_join_deadlock"}) {
    const auto run = run_lesson(lesson, {"--patience", "-1"});
    EXPECT_EQ(run.status, 2) << run;
    EXPECT_EQ(run.error_lines().size(), 1U) << run;
    EXPECT_EQ(run_lesson(lesson, {"--help"}).status, 0);
  }
}

}  // namespace
