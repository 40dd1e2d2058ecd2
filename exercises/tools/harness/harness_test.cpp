#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <harness/clients.hpp>
#include <harness/connect.hpp>
#include <harness/file_watch.hpp>
#include <harness/first_error.hpp>
#include <harness/progress.hpp>
#include <harness/protocol.hpp>
#include <harness/run_program.hpp>
#include <harness/secret.hpp>
#include <harness/tokens.hpp>
#include <mp/file_descriptor.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>
#include <program.hpp>

// Tests parts of the examiner that wrong and right submissions do not cover.

namespace {

namespace fs = std::filesystem;
using harness::tokens_of;
using testing::HasSubstr;

const std::string examiner = BUILD "/exercises/exit_codes/exit_codes_test";
const std::string solution = "--submission=" BUILD "/exercises/exit_codes/exit_codes_solution";

class Folder {
 public:
  Folder() {
    std::string name = "/tmp/harness-test-XXXXXX";
    mp::check(::mkdtemp(name.data()) ? 0 : -1, "mkdtemp");
    path = name;
  }
  Folder(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

void write(const fs::path& file, const std::string& text) { std::ofstream{file} << text; }

constexpr auto original = R"(#include "a.hpp"
#include <vector>

// The answer.
int answer() { return 6 * 7; }
)";

TEST(Tokens, are_the_same_with_other_comments_and_layout) {
  const auto tokens = tokens_of(original);
  EXPECT_EQ(tokens_of(std::string{"// mine\n"} + original + "/* the\nend */"), tokens);
  EXPECT_EQ(
      tokens_of(
          "#include <vector>  // first\r\n#include \"a.hpp\"\r\nint answer()\r\n{\r\n\treturn "
          "6*7;\r\n}\r\n"),
      tokens);
  EXPECT_EQ(tokens_of("#include \"a.hpp\"\n#include <vector>\nint answ\\\ner() { return 6 * 7; }"),
            tokens);
}

TEST(Tokens, differ_with_the_program) {
  const auto tokens = tokens_of(original);
  EXPECT_NE(tokens_of(std::string{original} + "int b;"), tokens);
  EXPECT_NE(tokens_of("auto a = \"b c\";"), tokens_of("auto a = \"b  c\";"));
  EXPECT_NE(tokens_of("auto a = R\"(// b)\";"), tokens_of("auto a = R\"()\";"));
  EXPECT_NE(tokens_of("intx;"), tokens_of("int x;"));
  EXPECT_NE(tokens_of("int a = 1'0;"), tokens_of("int a = 1'1;"));
}

TEST(Secret, depends_on_the_numbers_and_the_key) {
  const auto key = harness::SecretKey::draw(), other = harness::SecretKey::draw();
  const auto secret = secret_of(key, {1, 2, 3});
  EXPECT_EQ(secret_of(key, {1, 2, 3}), secret);
  EXPECT_NE(secret_of(key, {1, 2, 4}), secret);
  EXPECT_NE(secret_of(key, {2, 1, 3}), secret);
  EXPECT_NE(secret_of(other, {1, 2, 3}), secret);
}

harness::Verdict verdict(int points) {
  harness::Verdict result;
  result.results.push_back(
      {.name = "test", .passed = points > 0, .points = points, .of = 10, .explanation = {}});
  return result;
}

TEST(Progress, keeps_the_best_verdict_beside_the_last_one) {
  const Folder folder;
  const harness::Progress progress{folder.path};
  EXPECT_FALSE(progress.best("pi"));
  for (const int points : {4, 8, 5}) {
    write_verdict(progress.fresh_verdict("pi"), verdict(points));
    EXPECT_EQ(progress.record("pi").points(), points);
    EXPECT_EQ(progress.last("pi")->points(), points);
  }
  EXPECT_EQ(progress.best("pi")->points(), 8);
}

TEST(Progress, without_a_new_verdict_nothing_changes) {
  const Folder folder;
  const harness::Progress progress{folder.path};
  write_verdict(progress.fresh_verdict("pi"), verdict(8));
  progress.record("pi");
  progress.fresh_verdict("pi");
  EXPECT_ANY_THROW(progress.record("pi"));
  EXPECT_EQ(progress.last("pi")->points(), 8);
}

TEST(Progress, keeps_every_file_that_is_put_aside) {
  const Folder folder;
  const harness::Progress progress{folder.path / "progress"};
  for (const auto* const text : {"first", "second"}) {
    write(folder.path / "pi.cpp", text);
    std::string kept;
    std::ifstream{progress.keep_aside(folder.path / "pi.cpp")} >> kept;
    EXPECT_EQ(kept, text);
    EXPECT_FALSE(fs::exists(folder.path / "pi.cpp"));
  }
}

TEST(FileWatch, sees_a_save_before_it_waits_and_one_while_it_waits) {
  const Folder folder;
  const auto file = folder.path / "pi.cpp", fresh = folder.path / "pi.new";
  write(file, "one");
  harness::FileWatch watch{file};
  const auto touch = [&](int seconds) {  // an editor that moves a new file to its place
    write(fresh, "more");
    fs::last_write_time(fresh, fs::file_time_type::clock::now() + std::chrono::seconds{seconds});
    fs::rename(fresh, file);
  };
  touch(10);
  watch.wait();  // while a check was running, for example
  const mp::Process editor{[&] { touch(20); }};
  watch.wait();
}

TEST(FailureOf, is_what_a_build_says_without_its_progress) {
  EXPECT_EQ(harness::failure_of("echo fine"), std::nullopt);
  EXPECT_EQ(harness::failure_of("(echo '[1/2] Building'; echo 'FAILED: a.o'; echo cc a.cpp; "
                                "echo 'a.cpp:1: error' >&2; echo 'ninja: stopped'; exit 1)"),
            "a.cpp:1: error\n");
}

TEST(FirstError, is_where_the_file_leads_to_it) {
  const std::string expected = "pi.cpp:27: an argument cannot be copied\n";
  const std::string gcc =
      "In file included from a.hpp:10:\n"
      "/c/process.hpp: In instantiation of ...:\n"
      "/c/pi.cpp:27:27:   required from here\n"
      "/c/process.hpp:93:25: error: static assertion failed: an argument cannot be copied\n"
      "   93 |     static_assert((std::\n";
  EXPECT_EQ(harness::first_error(gcc, "pi.cpp"), expected);
  const std::string clang =
      "/c/process.hpp:93:5: error: static_assert failed: an argument cannot be copied\n"
      "    static_assert((std::\n"
      "/c/pi.cpp:27:15: note: in instantiation of ... requested here\n";
  EXPECT_EQ(harness::first_error(clang, "pi.cpp"), expected);
  EXPECT_EQ(harness::first_error("pi.cpp:3:4: warning: a\npi.cpp:5:6: error: no b\n", "pi.cpp"),
            "pi.cpp:5: no b\n");
}

TEST(FirstError, of_the_linker_names_the_missing_function) {
  EXPECT_EQ(harness::first_error("ld: serve.cpp:(.text+0x4): undefined reference to `pi(int)'\n"
                                 "collect2: error: ld returned 1 exit status\n",
                                 "pi.cpp"),
            "undefined reference to `pi(int)'\n");
  EXPECT_EQ(harness::first_error("Killed\n", "pi.cpp"), "");
}

// A process that makes calls as it is told.
class Caller {
 public:
  void begin() { tell(Step::begin); }
  void end() { tell(Step::end); }
  bool may_go_on() { return tell(Step::ask); }

 private:
  enum class Step { begin, end, ask };

  static void make_calls(mp::Connection orders) {
    const harness::Greeting greeting{.kind = harness::Greeting::Kind::call};
    mp::FileDescriptor call;
    for (;;) {
      bool answer = true;
      switch (orders.recv<Step>()) {
        case Step::begin:
          call = harness::connect(greeting);
          break;
        case Step::end:
          call.close();
          break;
        case Step::ask:
          pollfd state{call.get(), POLLIN, 0};
          answer = ::poll(&state, 1, 0) == 1;
      }
      orders.send(answer);
    }
  }

  bool tell(Step step) {
    orders_.send(step);
    return orders_.recv<bool>();
  }

  std::pair<mp::Connection, mp::Connection> ends_ = mp::pipe();
  mp::Connection orders_ = std::move(ends_.first);
  mp::Process process_{{.daemon = true}, &make_calls, std::move(ends_.second)};
};

TEST(Clients, a_quick_process_waits_at_the_barrier_for_slow_ones) {
  const Folder folder;
  const auto path = folder.path / "socket";
  ::setenv(harness::socket_variable, path.c_str(), 1);
  harness::Clients clients{path};
  clients.begin_call({.barrier = 2});
  Caller quick, slow;
  quick.begin();
  clients.handle_events();
  EXPECT_FALSE(quick.may_go_on());
  slow.begin();
  clients.handle_events();
  EXPECT_TRUE(quick.may_go_on() && slow.may_go_on());

  quick.end();
  clients.handle_events();
  quick.begin();
  clients.handle_events();
  EXPECT_FALSE(quick.may_go_on()) << "the slow one is still in its first call";
  slow.end();
  slow.begin();
  clients.handle_events();
  EXPECT_TRUE(quick.may_go_on() && slow.may_go_on());
  EXPECT_EQ(clients.trace().max_at_once, 2);
  ::unsetenv(harness::socket_variable);
}

TEST(Examiner, gives_the_same_verdict_when_the_shell_ignores_signals) {
  const auto run = course::run_program(
      "/bin/sh", {"-c", "trap '' CHLD PIPE; exec \"$@\"", "sh", examiner, solution});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output, HasSubstr("10 of 10 points"));
  EXPECT_EQ(run.errors, "");
}

void expect_system_failure(const course::Run& run, const std::string& reason,
                           const fs::path& verdict) {
  EXPECT_EQ(run.status, 1) << run;
  EXPECT_THAT(run.errors, HasSubstr("not your program's fault"));
  EXPECT_THAT(run.errors, HasSubstr(reason));
  EXPECT_FALSE(fs::exists(verdict));
}

TEST(Examiner, takes_no_points_for_a_system_failure) {
  const Folder folder;
  const auto verdict = folder.path / "verdict.json";
  const auto option = "--verdict=" + verdict.string();
  expect_system_failure(course::run_program(examiner, {solution, option},
                                            {.environment = {{"EXAMINER_SCRATCH", "/nowhere"}}}),
                        "/nowhere: No such file", verdict);
  if (course::run_program("/usr/bin/unshare", {"-rm", "true"}).status != 0)
    GTEST_SKIP() << "mounting is not allowed here";
  // In a separate file system with these options.
  const auto examine_in = [&](const std::string& options) {
    return course::run_program(
        "/usr/bin/unshare",
        {"-rm", "sh", "-c", "mount -t tmpfs -o " + options + " none \"$1\"; shift; exec \"$@\"",
         "sh", folder.path, examiner, solution, option},
        {.environment = {{"EXAMINER_SCRATCH", folder.path}}});
  };
  expect_system_failure(examine_in("noexec"), "may not be run (noexec)", verdict);
  expect_system_failure(examine_in("size=40k"), "cannot copy file", verdict);
}

TEST(Examiner, works_in_a_container_with_one_user) {
  if (course::run_program("/usr/bin/unshare", {"-r", "true"}).status != 0)
    GTEST_SKIP() << "user namespaces are not allowed here";
  const auto run = course::run_program("/usr/bin/unshare", {"-r", examiner, solution});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output, HasSubstr("10 of 10 points"));
}

}  // namespace
