#include <fcntl.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grading/grade_fixture.hpp>
#include <grading/text.hpp>
#include <harness/expect_ended.hpp>
#include <mp/process.hpp>

namespace {

using namespace grading_tests;
using grading::read_file;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// A class of two; one keeps the grader waiting, and the signal comes when the other is done.
class GradingIsStopped : public Grading {
 protected:
  struct End {
    mp::ExitStatus status;
    std::string said;
  };

  End grade_until_signal(int signal) const {
    hand_in({{"a/ping_pong.cpp", solution()},
             {"b/ping_pong.cpp", submission("#include <unistd.h>", "for (;;) pause();")}});
    int ends[2];
    mp::check(::pipe2(ends, O_CLOEXEC), "pipe2");
    const mp::FileDescriptor output{ends[0]};
    mp::FileDescriptor input{ends[1]};
    auto words = arguments({"--jobs", "1"});
    words.insert(words.begin(), GRADER);
    mp::Process grader{[&] {
      ::dup2(input.get(), STDOUT_FILENO);
      std::vector<char*> pointers;
      for (auto& word : words) pointers.push_back(word.data());
      pointers.push_back(nullptr);
      ::execv(GRADER, pointers.data());
      ::_exit(127);
    }};
    input.close();
    std::string said;
    const auto read_on = [&] {
      char part[256];
      const auto size = mp::retry([&] { return ::read(output.get(), part, sizeof part); });
      if (size > 0) said.append(part, static_cast<std::size_t>(size));
      return size > 0;
    };
    while (said.find("1 of 2  a: 10 of 10 points\n") == said.npos && read_on()) continue;
    ::kill(grader.pid(), signal);
    const auto status = grader.join();
    while (read_on()) continue;
    return {status, said};
  }

  // Finished work is not repeated.
  void expect_to_go_on() const {
    EXPECT_FALSE(fs::exists(report / "grades.csv"));
    const auto before = examinations();
    EXPECT_THAT(before, SizeIs(1));
    hand_in({{"b/ping_pong.cpp", "no C++"}});
    EXPECT_EQ(grade().status, 0);
    EXPECT_THAT(rows(), ElementsAre("student,ping_pong,total,remarks", "(maximum),10,10,",
                                    "a,10,10,", "b,0,0,ping_pong: does not compile"));
    EXPECT_EQ(examinations().at("a"), before.at("a"));
    EXPECT_FALSE(fs::exists(note()));
  }

  // The file with the name of the grader's folder in /tmp.
  fs::path note() const { return report / ".grading/sandbox"; }
};

TEST_F(GradingIsStopped, in_good_order) {
  const auto [status, said] = grade_until_signal(SIGINT);
  EXPECT_EQ(status, (mp::ExitStatus{.code = 130, .signal = {}})) << said;
  EXPECT_THAT(said, HasSubstr("Stopped. 1 of 2 students are done"));
  EXPECT_FALSE(fs::exists(note()));
  expect_to_go_on();
}

// None of its processes is left, and the next grader removes its folder.
TEST_F(GradingIsStopped, by_a_signal_that_leaves_no_time) {
  const auto [status, said] = grade_until_signal(SIGKILL);
  EXPECT_EQ(status, (mp::ExitStatus{.code = {}, .signal = SIGKILL})) << said;
  const fs::path sandbox = read_file(note());
  EXPECT_TRUE(fs::exists(sandbox / "sysroot"));
  harness::expect_ended(sandbox);
  expect_to_go_on();
  EXPECT_FALSE(fs::exists(sandbox));
}

}  // namespace
