#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <gtest/gtest.h>

#include <harness/expect_ended.hpp>
#include <mp/process.hpp>

// Ctrl-C in `./course check`, at any moment.

namespace {

namespace fs = std::filesystem;

class Interrupted : public testing::Test {
 public:
  Interrupted() {
    std::string name = "/tmp/examiner-test-XXXXXX";
    mp::check(::mkdtemp(name.data()) ? 0 : -1, "mkdtemp");
    mp::check(::chmod(name.c_str(), 0755), "chmod");
    scratch_root = name;
  }
  ~Interrupted() override { fs::remove_all(scratch_root); }

 protected:
  mp::Process start() const {
    return mp::Process{[&] {
      const std::string name = BUILD "/exercises/exit_codes/exit_codes";
      const auto program = name + "_test", submission = "--submission=" + name + "_solution";
      ::setenv("EXAMINER_SCRATCH", scratch_root.c_str(), 1);
      ::close(STDOUT_FILENO);
      ::execl(program.c_str(), program.c_str(), submission.c_str(), nullptr);
      ::_exit(127);
    }};
  }

  // Returns the examiner's folder once it contains this file.
  fs::path wait_for(const std::string& file, mp::Process& examiner) const {
    for (; examiner.is_alive(); ::poll(nullptr, 0, 1))
      for (const auto& scratch : fs::directory_iterator{scratch_root})
        if (fs::exists(scratch.path() / file)) return scratch;
    return {};
  }

  void expect_clean_end(mp::Process& examiner) const {
    ::kill(examiner.pid(), SIGINT);
    EXPECT_TRUE(examiner.join_for(mp::Seconds{30})) << "it hangs";
    examiner.kill();
    EXPECT_EQ(examiner.join(), (mp::ExitStatus{.code = {}, .signal = SIGINT}));
    EXPECT_TRUE(fs::is_empty(scratch_root));
    harness::expect_ended(scratch_root);
  }

  fs::path scratch_root;
};

TEST_F(Interrupted, examiner_leaves_nothing) {
  for (int delay = 0; delay < 20; ++delay) {  // milliseconds
    auto examiner = start();
    wait_for("exit_codes_solution", examiner);
    ::poll(nullptr, 0, delay);
    expect_clean_end(examiner);
  }
}

// Many files, so that removing them takes a while.
TEST_F(Interrupted, examiner_leaves_nothing_even_while_it_removes_its_folder) {
  auto examiner = start();
  fs::path scratch;
  const auto stop_at_work = [&] {
    scratch = wait_for("socket", examiner);
    ::kill(examiner.pid(), SIGSTOP);
    siginfo_t stopped;
    mp::check(::waitid(P_PID, static_cast<id_t>(examiner.pid()), &stopped, WSTOPPED), "waitid");
    return fs::exists(scratch);
  };
  while (!stop_at_work()) {  // its first test has already ended
    examiner.kill();
    examiner = start();
  }
  for (int i = 0; i < 500; ++i) std::ofstream{scratch / std::to_string(i)};
  const auto filled = fs::last_write_time(scratch);
  ::kill(examiner.pid(), SIGCONT);
  std::error_code gone;
  while (fs::last_write_time(scratch, gone) == filled) ::poll(nullptr, 0, 1);
  expect_clean_end(examiner);
}

}  // namespace
