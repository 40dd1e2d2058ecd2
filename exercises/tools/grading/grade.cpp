#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <grading/examine.hpp>
#include <grading/report.hpp>
#include <grading/text.hpp>
#include <harness/descendants.hpp>
#include <mp/process.hpp>

// `./course grade` examines the submissions of a class, several at once, and writes reports.

namespace {

namespace fs = std::filesystem;
using namespace grading;
using Kind = Outcome::Kind;
using mp::check;

struct UsageError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

struct Options {
  fs::path submissions, report, weights;
  int jobs = mp::cpu_count();
  bool no_sandbox = false;
};

// The signals that stop the grader, as a descriptor.
class Stop {
 public:
  Stop() {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, number);
    check(::sigprocmask(SIG_BLOCK, &signals, nullptr), "sigprocmask");
    descriptor = mp::FileDescriptor{check(::signalfd(-1, &signals, SFD_CLOEXEC), "signalfd")};
  }

  int number() const {
    signalfd_siginfo info{};
    check(mp::retry([&] { return ::read(descriptor.get(), &info, sizeof info); }),
          "read(signalfd)");
    return static_cast<int>(info.ssi_signo);
  }

  mp::FileDescriptor descriptor;
};

// The report's folder. The next run uses .grading to continue where this one was stopped.
class Report {
 public:
  explicit Report(fs::path folder) : folder_{std::move(folder)} {
    const auto state = folder_ / ".grading";
    if (fs::exists(folder_) && !fs::is_directory(folder_))
      throw UsageError{folder_.string() + " is not a folder"};
    if (fs::exists(folder_) && !fs::is_empty(folder_) && !fs::exists(state))
      throw UsageError{folder_.string() +
                       " holds something other than a report; name a new folder"};
    fs::create_directories(state);
    lock_ = mp::FileDescriptor{
        check(::open((state / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666), "open(lock)")};
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == -1)
      throw UsageError{"another grader is writing the report " + folder_.string()};
  }

  fs::path grades() const { return folder_ / "grades.csv"; }
  fs::path sandbox() const { return folder_ / ".grading" / "sandbox"; }
  fs::path student(const std::string& name) const { return folder_ / "students" / name; }
  fs::path outcome(const std::string& student, const std::string& exercise) const {
    return folder_ / ".grading" / "students" / student / exercise;
  }

 private:
  fs::path folder_;
  mp::FileDescriptor lock_;
};

// One student's solution of one exercise, waiting for examination or being examined.
struct Job {
  std::size_t student = 0, exercise = 0;
  mp::Process process{};
};

// On a line.
std::string shown(const std::string& name) {
  auto text = harness::harmless(name);
  std::ranges::replace(text, '\n', '?');
  return text;
}

class Class {
 public:
  Class(const std::vector<harness::Facts>& exercises, const std::map<std::string, Rule>& rules,
        const Options& options)
      : options_{options} {
    for (const auto& facts : exercises)
      if (rules.empty() || rules.contains(facts.name)) exercises_.push_back(facts);
    for (const auto& name : students_in(options.submissions)) {
      Student student{name, {}};
      for (const auto& facts : exercises_) {
        const auto rule = rules.find(facts.name);
        student.grades.push_back({&facts, rule == rules.end() ? Rule{} : rule->second, {}, {}});
      }
      students_.push_back(std::move(student));
    }
  }

  int grade() {
    Report report{options_.report};
    const Stop stop;
    // Processes that outlive their examiner become children of this one.
    check(::prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl(PR_SET_CHILD_SUBREAPER)");
    const BuildSandbox sandbox{exercises_, report.sandbox()};
    ::setenv("EXAMINER_SCRATCH", sandbox.scratch_root.c_str(), 1);
    for (std::size_t i = 0; i < students_.size(); ++i) collect(i, sandbox, report);

    std::vector<Job> running;
    while (!waiting_.empty() || !running.empty()) {
      while (!waiting_.empty() && static_cast<int>(running.size()) < options_.jobs) {
        running.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
        start(running.back(), sandbox, report);
      }
      std::vector<pollfd> states{{stop.descriptor.get(), POLLIN, 0}};
      for (auto& job : running) states.push_back({job.process.sentinel().get(), POLLIN, 0});
      check(mp::retry([&] { return ::poll(states.data(), states.size(), -1); }), "poll");
      if (states[0].revents != 0) {
        harness::kill_descendants();
        running.clear();
        fmt::print("Stopped. {} of {} students are done; the same command continues from here.\n",
                   done_, students_.size());
        return 128 + stop.number();
      }
      for (std::size_t i = running.size(); i-- > 0;) {
        if (states[i + 1].revents == 0) continue;
        finish(running[i], sandbox, report);
        running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    write_class(report.grades(), students_);
    return conclude(report);
  }

 private:
  // Finds what must be examined, and what has been examined already.
  void collect(std::size_t index, const BuildSandbox& sandbox, const Report& report) {
    auto& student = students_[index];
    to_do_.push_back(0);
    for (std::size_t i = 0; i < exercises_.size(); ++i) {
      auto& grade = student.grades[i];
      grade.submission = find_submission(options_.submissions / student.name, exercises_[i].name);
      if (grade.submission.file.empty())
        grade.outcome.kind = Kind::missing;
      else if (grade.submission.forbidden)
        grade.outcome = {
            Kind::trouble, grade.submission.file + " " + grade.submission.refusal + ".\n", {}};
      else if (!grade.submission.refusal.empty())
        grade.outcome.kind = Kind::refused;
      else if (is_given(grade))
        grade.outcome.kind = Kind::unchanged;
      else if (!load(report.outcome(student.name, exercises_[i].name), key(grade, sandbox),
                     grade.outcome) ||
               grade.outcome.kind == Kind::trouble) {
        ++to_do_.back();
        waiting_.push_back({.student = index, .exercise = i});
      }
    }
    if (to_do_.back() == 0) complete(student, report);
  }

  static bool is_given(const Grade& grade) {
    return is_skeleton(grade.exercise->name, grade.submission.source);
  }

  std::size_t key(const Grade& grade, const BuildSandbox& sandbox) const {
    return std::hash<std::string>{}(fmt::format("{} {} {}",
                                                sandbox.fingerprint(grade.exercise->name),
                                                options_.no_sandbox, grade.submission.source));
  }

  void start(Job& job, const BuildSandbox& sandbox, const Report& report) const {
    const auto& student = students_[job.student];
    const auto& grade = student.grades[job.exercise];
    job.process = mp::Process{
        {.daemon = true}, [&] {
          // Only the grader handles Ctrl-C, and then ends this process and all its descendants.
          ::setpgid(0, 0);
          sigset_t none;
          ::sigemptyset(&none);
          ::sigprocmask(SIG_SETMASK, &none, nullptr);
          Outcome outcome;
          try {
            outcome = examine(sandbox, *grade.exercise, grade.submission.source);
          } catch (const std::exception& error) {
            harness::kill_descendants();
            outcome = {Kind::trouble, std::string{error.what()} + "\n", {}};
          }
          save(report.outcome(student.name, grade.exercise->name), key(grade, sandbox), outcome);
          ::_exit(EXIT_SUCCESS);  // the sandbox belongs to the grader
        }};
  }

  void finish(Job& job, const BuildSandbox& sandbox, const Report& report) {
    auto& student = students_[job.student];
    auto& grade = student.grades[job.exercise];
    const auto status = job.process.join();
    const auto file = report.outcome(student.name, grade.exercise->name);
    if (!status.success() || !load(file, key(grade, sandbox), grade.outcome))
      grade.outcome = {Kind::trouble,
                       "The process that examined it ended with " + mp::to_string(status) + ".\n",
                       {}};
    if (--to_do_[job.student] == 0) complete(student, report);
  }

  void complete(const Student& student, const Report& report) {
    write_student(report.student(student.name), student);
    ++done_;
    fmt::print("{:>4} of {}  {}: {} of {} points\n", done_, students_.size(), shown(student.name),
               number(student.points()), number(student.of()));
    std::fflush(stdout);
  }

  int conclude(const Report& report) const {
    int status = EXIT_SUCCESS;
    for (const auto& student : students_)
      for (const auto& grade : student.grades)
        if (grade.outcome.kind == Kind::trouble) {
          fmt::print(stderr, "course: {}/{} could not be graded: {}", shown(student.name),
                     grade.exercise->name, grade.outcome.text);
          status = EXIT_FAILURE;
        }
    fmt::print("The grades are in {}\n", report.grades().string());
    return status;
  }

  const Options& options_;
  std::vector<harness::Facts> exercises_;
  std::vector<Student> students_;
  std::vector<int> to_do_;  // the number of examinations for each student
  std::deque<Job> waiting_;
  std::size_t done_ = 0;
};

// In the order of the chapters.
std::vector<harness::Facts> all_exercises() {
  std::vector<harness::Facts> all;
  std::istringstream names{EXERCISE_NAMES};
  for (std::string name; names >> name;)
    all.push_back(harness::read_facts(fs::path{COURSE} / "exercises" / name));
  return all;
}

void expect_sandbox(bool wanted) {
  ::setenv("EXAMINER_SANDBOX", wanted ? "always" : "never", 1);
  try {
    harness::has_sandbox();
  } catch (const std::runtime_error&) {
    throw UsageError{
        "grading needs bubblewrap (bwrap), which is missing here or not allowed to work; "
        "--no-sandbox grades without it, and trusts all submissions"};
  }
}

bool lies_in(const fs::path& inner, const fs::path& outer) {
  const auto path = fs::weakly_canonical(inner).lexically_relative(fs::weakly_canonical(outer));
  return !path.empty() && *path.begin() != "..";
}

int run(const Options& options) {
  ::umask(022);
  if (options.report.empty()) throw UsageError{"--out needs the name of a folder"};
  const auto exercises = all_exercises();
  std::map<std::string, Rule> rules;
  if (!options.weights.empty()) rules = read_rules(options.weights, exercises);
  Class students{exercises, rules, options};
  if (lies_in(options.report, options.submissions))
    throw UsageError{"the report cannot be among the submissions; name a folder elsewhere"};
  expect_sandbox(!options.no_sandbox);
  return students.grade();
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGCHLD, SIG_DFL);  // the calling shell may ignore it
  mp::init(argc, argv);
  Options options;
  CLI::App app{"Grades a class: one folder for each student, with any of the exercises in it."};
  app.name("./course grade");
  app.add_option("SUBMISSIONS", options.submissions, "the folder with the students' folders")
      ->required();
  app.add_option("--out", options.report, "the folder for the report; a second run continues there")
      ->required();
  app.add_option("--weights", options.weights,
                 "which exercises count, how much, and until when: lines of\n"
                 "NAME WEIGHT [DEADLINE [SHARE OF POINTS WHEN LATE]]");
  app.add_option("--jobs", options.jobs, "how many to examine at once")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_flag("--no-sandbox", options.no_sandbox, "do not protect this machine (see the docs)");
  try {
    app.parse(argc, argv);
    return run(options);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return EXIT_SUCCESS;
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "course: grade: {}\n", error.what());
    return 2;
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "course: grade: {}\n", error.what());
    return 2;
  } catch (const fs::filesystem_error& error) {
    std::fflush(stdout);
    harness::kill_descendants();
    fmt::print(stderr, "course: grade: cannot use {}: {}\n", error.path1().string(),
               error.code().message());
    return EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    harness::kill_descendants();
    fmt::print(stderr, "course: grade: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
