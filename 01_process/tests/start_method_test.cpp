#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <bitset>
#include <chrono>
#include <cmath>
#include <complex>
#include <csignal>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "leftovers.hpp"
#include "loader.hpp"
#include "program.hpp"
#include "start_methods.hpp"
#include <mp/lock.hpp>
#include <mp/process.hpp>
#include <mp/start.hpp>

// How a function and its arguments get into another process, and what that process inherits.

namespace {

using namespace std::chrono_literals;
using course::descendants;
using course::eventually;
using course::every_start_method;
using course::has_ended;
using course::method_name;
using course::NothingLeftOver;
using course::open_descriptors;
using course::Pipe;
using course::read_all;
using course::read_text;
using course::run_program;
using course::write_text;
using mp::FileDescriptor;
using mp::Process;
using mp::ProcessOptions;
using mp::StartMethod;
using testing::ElementsAre;
using testing::HasSubstr;

namespace fs = std::filesystem;

// In a child, an exception appears on standard error and as exit code 1.
void require(bool condition, const std::string& text) {
  if (!condition) throw std::runtime_error{text};
}

void do_nothing() {}
void exit_with(int code) { std::exit(code); }
[[noreturn]] void run_forever() {
  for (;;) ::pause();
}

class StartMethodTest : public course::StartMethods {};
INSTANTIATE_TEST_SUITE_P(Every, StartMethodTest, every_start_method, method_name);

// The start methods that send function and arguments.
class SendingTest : public course::StartMethods {};
INSTANTIATE_TEST_SUITE_P(Every, SendingTest,
                         testing::Values(StartMethod::spawn, StartMethod::forkserver), method_name);

course::Run run_scenario(const std::string& name, StartMethod method,
                         const std::string& argument = "") {
  return run_program(SCENARIOS, {name, course::to_string(method), argument});
}

// ---- What arrives ----

enum class Colour : std::uint8_t { red, green = 200 };

struct Point {
  double x = 0, y = 0;
  std::vector<std::string> labels;
  bool operator==(const Point&) const = default;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(x, y, labels);
  }
};

// A few arguments carry all types, because every combination of function and arguments takes time
// to compile. message_test checks each type alone.
using Numbers =
    std::tuple<bool, char, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
               std::uint32_t, std::int64_t, std::uint64_t, char32_t, float, double, long double>;
using Sequences =
    std::tuple<std::string, std::u16string, std::vector<int>, std::vector<bool>,
               std::vector<std::vector<std::string>>, std::deque<double>, std::array<int, 3>>;
using Variant = std::variant<int, std::string, Point>;
using Compositions =
    std::tuple<std::pair<int, std::optional<int>>, std::optional<std::string>, Variant,
               std::map<std::string, std::vector<int>>, std::unordered_map<int, std::string>,
               std::set<int>, std::complex<double>, std::chrono::milliseconds>;

// Constructed again in the child, to compare received values with values that were not sent.
Numbers numbers() {
  return {true,       'x',       INT8_MIN,   UINT8_MAX,     INT16_MIN, UINT16_MAX, INT32_MIN,
          UINT32_MAX, INT64_MIN, UINT64_MAX, U'\U0001F600', 0.1F,      -0.1,       0.1L};
}
Sequences sequences() {
  return {{"with an embedded \0 zero", 23}, u"\u4e16\u754c", {1, -2, 3}, {true, false, true},
          {{"a", ""}, {}, {"b"}},           {1.5, 2.5},      {1, 2, 3}};
}
Point a_point() { return {1.5, -2.5, {"a", "b"}}; }
Compositions compositions() {
  return {{1, std::nullopt},
          "there",
          Point{1, 2, {"in a variant"}},
          {{"a", {1, 2}}, {"", {}}},
          {{1, "one"}, {2, "two"}},
          {3, 1, 2},
          {1, -1},
          std::chrono::milliseconds{1500}};
}

void compare_all(int number, Colour colour, const Point& arrived, const std::vector<Point>& points,
                 const Numbers& all, const Sequences& some, const Compositions& others) {
  require(number == -7 && colour == Colour::green, "a number has changed on the way");
  require(arrived == a_point() && points == std::vector{a_point(), Point{}}, "a point has changed");
  require(all == numbers(), "a number in a tuple has changed on the way");
  require(some == sequences(), "a sequence has changed on the way");
  require(others == compositions(), "a composition has changed on the way");
}

void compare_views(std::string_view literal, std::string_view view,
                   const std::filesystem::path& folder, std::bitset<70> bits) {
  require(literal == "a literal" && view == "a view" && folder == "/tmp/x" && bits.count() == 2,
          "views have changed on the way");
}

TEST_P(StartMethodTest, TextsPathsAndBitsArrive) {
  std::string text = "a view of more";
  Process process{options(),
                  compare_views,
                  "a literal",
                  std::string_view{text}.substr(0, 6),
                  std::filesystem::path{"/tmp/x"},
                  std::bitset<70>{}.set(0).set(69)};
  EXPECT_TRUE(process.join().success());
}

TEST_P(StartMethodTest, ArgumentsOfManyTypesArrive) {
  Process process{options(),     compare_all, -7,
                  Colour::green, a_point(),   std::vector{a_point(), Point{}},
                  numbers(),     sequences(), compositions()};
  EXPECT_TRUE(process.join().success());
}

void compare_special_numbers(const std::vector<double>& numbers) {
  require(numbers.size() == 4 && std::isnan(numbers[0]) && numbers[1] == INFINITY &&
              numbers[2] == -INFINITY && numbers[3] == 0 && std::signbit(numbers[3]),
          "special numbers have changed on the way");
}

TEST_P(StartMethodTest, SpecialNumbersArrive) {
  Process process{options(), compare_special_numbers,
                  std::vector<double>{NAN, INFINITY, -INFINITY, -0.0}};
  EXPECT_TRUE(process.join().success());
}

std::string big_text() {
  std::string text(10'000'000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * i >> 7);
  return text;
}

void compare_big_text(const std::string& text) {
  require(text == big_text(), "ten megabytes have changed on the way");
}

TEST_P(StartMethodTest, TenMegabytesArrive) {
  Process process{options(), compare_big_text, big_text()};
  EXPECT_TRUE(process.join().success());
}

void compare_unique(std::unique_ptr<Point> point, std::unique_ptr<int> nothing) {
  require(*point == a_point() && !nothing, "a unique_ptr has changed on the way");
}

TEST_P(StartMethodTest, MoveOnlyArgumentsArrive) {
  Process process{options(), compare_unique, std::make_unique<Point>(a_point()),
                  std::unique_ptr<int>{}};
  EXPECT_TRUE(process.join().success());
}

void compare_texts(const char* text, std::string other, const std::string& third) {
  require(std::string{text} == "bob" && other == "eve" && third.empty(), "texts have changed");
}

TEST_P(StartMethodTest, StringLiteralsArrive) {
  const char* const pointer = "bob";
  Process process{options(), compare_texts, pointer, "eve", ""};
  EXPECT_TRUE(process.join().success());
}

int twice(int number) { return 2 * number; }

void apply(int (*function)(int), int expected) {
  require(function(21) == expected, "another function has arrived");
}

template <class Function>
void apply_any(Function function) {
  require(function(20) == 21, "another function has arrived");
}

struct Adder {
  int summand = 0;
  int operator()(int number) const { return number + summand; }
};

struct Checker {
  int expected = 0;
  void operator()(int number) && { require(number == expected, "a functor's state is lost"); }
};

TEST_P(StartMethodTest, FunctionsArriveAsArguments) {
  EXPECT_TRUE((Process{options(), apply, twice, 42}).join().success());
  EXPECT_TRUE((Process{options(), apply, &twice, 42}).join().success());
  int (*const plus)(int) = [](int number) { return number + 1; };
  EXPECT_TRUE((Process{options(), apply, plus, 22}).join().success());
  const auto lambda = [](int number) { return number + 1; };
  EXPECT_TRUE((Process{options(), apply_any<decltype(lambda)>, lambda}).join().success());
  EXPECT_TRUE((Process{options(), apply_any<Adder>, Adder{1}}).join().success());
}

TEST_P(StartMethodTest, EveryKindOfFunctionRuns) {
  EXPECT_EQ((Process{options(), exit_with, 3}).join().code, 3);
  EXPECT_EQ((Process{options(), &exit_with, 3}).join().code, 3);
  EXPECT_EQ((Process{options(), [](int code) { std::exit(code); }, 3}).join().code, 3);
  EXPECT_EQ((Process{options(), [](auto code) noexcept { std::exit(code); }, 3}).join().code, 3);
  EXPECT_TRUE((Process{options(), Checker{7}, 7}).join().success());
  EXPECT_TRUE((Process{options(), twice, 1}).join().success()) << "what it returns is ignored";
}

void unlock_and_lock(mp::Lock& lock, const FileDescriptor& ready) {
  require(!lock.try_lock(), "the lock is another one");
  write_text(ready, "x");
  lock.lock();
  lock.unlock();
}

TEST_P(StartMethodTest, ReferenceToALockIsTheSameLock) {
  mp::Lock lock;
  Pipe ready;
  lock.lock();
  Process process{options(), unlock_and_lock, std::ref(lock), std::move(ready.write)};
  EXPECT_EQ(read_text(ready.read), "x");
  EXPECT_TRUE(process.is_alive());
  lock.unlock();
  EXPECT_TRUE(process.join().success());
}

// ---- What cannot travel ----

struct NoSerializer {
  NoSerializer() = default;
  int value = 0;
};

struct NoDefault {
  explicit NoDefault(int number) : value{number} {}
  int value;
};

template <class... Arguments>
std::string refusal(const ProcessOptions& options, Arguments&&... arguments) {
  const NothingLeftOver nothing;  // above all, no process
  try {
    Process{options, std::forward<Arguments>(arguments)...};
  } catch (const mp::CannotTravel& error) {
    return error.what();
  }
  return "it was not refused";
}

TEST_P(SendingTest, WhatCannotTravelIsRefusedByName) {
  int number = 1;
  const auto is = [](const std::string& type, const std::string& reason) {
    return testing::AllOf(testing::StartsWith("cannot send '" + type), HasSubstr(reason));
  };

  EXPECT_THAT(refusal(options(), [&number] { ++number; }),
              testing::AllOf(HasSubstr("cannot send '"), HasSubstr("lambda"),
                             HasSubstr("captured variables")));
  EXPECT_THAT(refusal(options(), [number] { exit_with(number); }), HasSubstr("captured variables"));
  EXPECT_THAT(refusal(options(), std::function<void()>{do_nothing}),
              is("std::function<void ()>", "use a function"));
  EXPECT_THAT(refusal(
                  options(), [](int*) {}, &number),
              is("int*", "an address means nothing"));
  EXPECT_THAT(refusal(
                  options(), [](int&) {}, std::ref(number)),
              is("std::reference_wrapper<int>", "an address means nothing"));
  EXPECT_THAT(refusal(
                  options(), [](const NoSerializer&) {}, NoSerializer{}),
              is("NoSerializer", "no serializer"));
  EXPECT_THAT(refusal(
                  options(), [](const NoDefault&) {}, NoDefault{1}),
              is("NoDefault", "default constructor"));
  EXPECT_THAT(refusal(
                  options(), [](const std::vector<int*>&) {}, std::vector{&number}),
              is("std::vector<int*", "or something in it"));
  EXPECT_THAT(refusal(
                  options(), [](std::span<int>) {}, std::span{&number, 1}),
              is("std::span<int", "no serializer"));
  EXPECT_THAT(refusal(options(), &Point::x, Point{}), is("double Point::*", "function"));

  auto daemon = options();
  daemon.daemon = true;
  EXPECT_THAT(refusal(
                  daemon, [](int*) {}, &number),
              is("int*", "an address means nothing"));
}

TEST_P(SendingTest, FunctionsOfSharedLibrariesTravel) {
  using Function = int (*)(const char*);
  const auto from_library = reinterpret_cast<Function>(::dlsym(RTLD_DEFAULT, "puts"));
  ASSERT_NE(from_library, nullptr);
  Process process{
      options(),
      [](Function arrived) {
        exit_with(reinterpret_cast<Function>(::dlsym(RTLD_DEFAULT, "puts")) == arrived ? 3 : 1);
      },
      from_library};
  EXPECT_EQ(process.join().code, 3);
}

TEST_P(SendingTest, WhatIsNotAFunctionIsRefused) {
  using Function = int (*)(const char*);
  EXPECT_THAT(refusal(options(), Function{nullptr}, "a text"), HasSubstr("null function pointer"));
  static int number = 0;
  EXPECT_THAT(refusal(options(), reinterpret_cast<Function>(&number), "a text"),
              HasSubstr("no code at this address"));
}

TEST_P(SendingTest, WithoutInitSaysWhatToWrite) {
  const auto run = run_scenario("without_init", method());
  EXPECT_THAT(run.output_lines(),
              ElementsAre(testing::AllOf(HasSubstr("mp::init(argc, argv);"), HasSubstr("main")),
                          HasSubstr("0 processes")))
      << run;
}

// ---- What the process finds ----

// Besides the standard streams, and what it was given, it has the channel to its parent.
void look_for_descriptors(std::uint64_t device, std::uint64_t inode, const FileDescriptor& given) {
  int sockets = 0;
  for (const int number : open_descriptors()) {
    struct stat status {};
    if (::fstat(number, &status) == 0)
      require(status.st_dev != device || status.st_ino != inode, "it has the file open");
    if (S_ISSOCK(status.st_mode) && ++sockets == 1) continue;
    require(number <= STDERR_FILENO || number == given.get(),
            "descriptor " + std::to_string(number) + " was inherited");
  }
}

TEST_P(SendingTest, DescriptorsThatWereNotHandedOverAreNotInherited) {
  const FileDescriptor file{mp::check(::memfd_create("not for children", 0), "memfd_create")};
  const FileDescriptor high{mp::check(::fcntl(file.get(), F_DUPFD, 1000), "fcntl(F_DUPFD)")};
  struct stat status {};
  ASSERT_EQ(::fstat(file.get(), &status), 0);
  for (int i = 0; i < 2; ++i) {
    Pipe pipe;
    Process process{options(), look_for_descriptors, status.st_dev, status.st_ino,
                    std::move(pipe.write)};
    Process sibling{options(), look_for_descriptors, status.st_dev, status.st_ino,
                    std::move(pipe.read)};
    EXPECT_TRUE(process.join().success());
    EXPECT_TRUE(sibling.join().success());
  }
}

TEST_P(SendingTest, EndOfFileComesThoughSiblingsLive) {
  Pipe first, second;
  Process one{options(), [](const FileDescriptor& end) { read_all(end); }, std::move(first.read)};
  Process two{options(), [](const FileDescriptor& end) { read_all(end); }, std::move(second.read)};
  first.write.close();
  EXPECT_TRUE(one.join_for(20s));
  second.write.close();
  EXPECT_TRUE(two.join_for(20s));
}

void compare_directory(const std::string& expected) {
  require(fs::current_path() == expected, "it works in " + fs::current_path().string());
}

TEST_P(StartMethodTest, WorksInItsParentsDirectory) {
  const auto before = fs::current_path();
  for (const std::string directory : {"/", "/proc", "/"}) {
    fs::current_path(directory);
    EXPECT_TRUE((Process{options(), compare_directory, directory}).join().success());
  }
  fs::current_path(before);
}

TEST_P(SendingTest, WorksAlthoughTheProgramsFileIsGone) {
  const auto copy = testing::TempDir() + "copy_" + std::to_string(::getpid());
  for (const std::string how : {"deleted", "replaced"}) {
    fs::copy_file(SCENARIOS, copy, fs::copy_options::overwrite_existing);
    const auto run = run_program(copy, {"image_gone", course::to_string(method()), how});
    EXPECT_THAT(run.output_lines(), ElementsAre("started", "exit code 0", "started", "exit code 0"))
        << run;
  }
  fs::remove(copy);
}

TEST_P(SendingTest, WorksInAProgramThatTheLoaderStarted) {
  const auto loader = course::loader();
  ASSERT_FALSE(loader.empty());
  const auto run = run_program(loader, {SCENARIOS, "names", course::to_string(method())});
  EXPECT_THAT(run.output_lines(), ElementsAre("MainProcess", "Process-1", "Process-2", "Process-3"))
      << run;
}

void tell_address(const FileDescriptor& end) {
  write_text(end, std::to_string(reinterpret_cast<std::uintptr_t>(&tell_address)));
}

std::string address_in_child(StartMethod method) {
  Pipe pipe;
  Process process{{.start_method = method}, tell_address, std::move(pipe.write)};
  EXPECT_TRUE(process.join().success());
  return read_all(pipe.read);
}

TEST(Spawn, WorksUnderAddressRandomisation) {
  if (::personality(0xffffffff) & ADDR_NO_RANDOMIZE) GTEST_SKIP() << "switched off";
  std::set<std::string> addresses;
  for (int i = 0; i < 8; ++i) addresses.insert(address_in_child(StartMethod::spawn));
  if (addresses.size() == 1) GTEST_SKIP() << "this system loads every program at the same place";
  EXPECT_GT(addresses.size(), 4U);
  EXPECT_FALSE(addresses.contains(std::to_string(reinterpret_cast<std::uintptr_t>(&tell_address))));
}

TEST(ForkServer, ItsProcessesHaveTheirAddressesInCommon) {
  EXPECT_EQ(address_in_child(StartMethod::forkserver), address_in_child(StartMethod::forkserver));
}

TEST_P(SendingTest, ClosedStandardStreamsDoNoHarm) {
  const auto file = testing::TempDir() + "closed_" + std::to_string(::getpid());
  for (const std::string name : {"closed_streams", "streams_closed_later"}) {
    const auto run = run_scenario(name, method(), file);
    EXPECT_EQ(run.status, 0) << run;
    EXPECT_EQ(run.output + run.errors, "");
    std::ifstream in{file};
    const std::string text{std::istreambuf_iterator{in}, {}};
    EXPECT_EQ(text, "as it should be\n");
    fs::remove(file);
  }
}

TEST(Fork, ClosedStandardStreamsDoNoHarm) {
  const auto file = testing::TempDir() + "closed_" + std::to_string(::getpid());
  const auto run = run_scenario("closed_streams", StartMethod::fork, file);
  EXPECT_EQ(run.status, 0) << run;
  std::ifstream in{file};
  const std::string text{std::istreambuf_iterator{in}, {}};
  EXPECT_EQ(text, "as it should be\n");
  fs::remove(file);
}

TEST(Init, RefusesWhatAUserTypesByHand) {
  const std::vector<std::vector<std::string>> lines{
      {"--mp-child"}, {"--mp-child", "Process-1"}, {"--mp-child", "Process-1", "more"}};
  for (const auto& arguments : lines) {
    const auto run = run_program(SCENARIOS, arguments);
    EXPECT_EQ(run.status, 2) << run;
    EXPECT_EQ(run.output, "");
    EXPECT_THAT(run.error_lines(), ElementsAre(HasSubstr(arguments[0]))) << run;
  }
}

// ---- Names, and processes that start processes ----

void compare_name(const std::string& expected) {
  require(mp::this_process::name() == expected, "its name is " + mp::this_process::name());
}

TEST_P(StartMethodTest, NamesCountFromOne) {
  const auto run = run_scenario("names", method());
  EXPECT_THAT(run.output_lines(), ElementsAre("MainProcess", "Process-1", "Process-2", "Process-3"))
      << run;
}

TEST_P(StartMethodTest, NamesMayBeGiven) {
  auto named = options();
  named.name = "Worker in Zürich";
  Process process{named, compare_name, named.name};
  EXPECT_EQ(process.name(), named.name);
  EXPECT_TRUE(process.join().success());
  EXPECT_EQ(mp::this_process::name(), "MainProcess");
}

// A process that starts processes itself, with every start method; their names derive from its own.
void start_others(const std::string& name, int depth) {
  int number = 0;
  for (const auto inner : {StartMethod::fork, StartMethod::spawn, StartMethod::forkserver}) {
    const auto inner_name = name + ":" + std::to_string(++number);
    Process process{{.start_method = inner}, compare_name, inner_name};
    require(process.join().success(), course::to_string(inner) + " does not work here");
  }
  if (depth == 0) return;
  const auto inner_name = name + ":" + std::to_string(++number);
  Process process{start_others, inner_name, depth - 1};  // with the inherited start method
  require(process.join().success(), "it cannot be nested");
}

TEST_P(StartMethodTest, ProcessesStartProcesses) {
  mp::set_start_method(method());
  Process process{{.name = "Ancestor"}, start_others, "Ancestor", 2};
  EXPECT_TRUE(process.join().success());
}

void compare_start_method(StartMethod expected) {
  require(mp::start_method() == expected, "it is " + course::to_string(mp::start_method()));
}

TEST(StartMethod, IsForkUntilSetOtherwise) {
  const auto run = run_scenario("default_start_method", StartMethod::spawn);
  EXPECT_THAT(run.output_lines(), ElementsAre("fork")) << run;
}

TEST_P(StartMethodTest, DefaultStartMethodIsInherited) {
  for (const auto own : {StartMethod::spawn, StartMethod::forkserver, StartMethod::fork}) {
    mp::set_start_method(own);
    EXPECT_EQ(mp::start_method(), own);
    EXPECT_TRUE((Process{options(), compare_start_method, own}).join().success());
  }
}

TEST_P(StartMethodTest, DefaultStartMethodIsUsed) {
  start_server();
  mp::set_start_method(method());
  Pipe pipe;
  Process process{[](const FileDescriptor& end) { write_text(end, std::to_string(::getppid())); },
                  std::move(pipe.write)};
  const auto parent = std::stoi(read_all(pipe.read));
  EXPECT_EQ(parent == ::getpid(), method() != StartMethod::forkserver);
}

// ---- The fork server ----

const ProcessOptions by_server{.start_method = StartMethod::forkserver};

pid_t server_pid() {
  Process{by_server, do_nothing};
  return descendants().at(0);
}

void crash() {
  std::signal(SIGSEGV, SIG_DFL);
  ::raise(SIGSEGV);
}

TEST(ForkServer, SurvivesAProcessThatCrashes) {
  const auto server = server_pid();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ((Process{by_server, crash}).join().signal, SIGSEGV);
    EXPECT_EQ((Process{by_server, [] { throw 1; }}).join().code, 1);
  }
  EXPECT_EQ(server_pid(), server);
  EXPECT_EQ(descendants(), std::vector{server});
}

TEST(ForkServer, IsReplacedWhenItWasKilled) {
  auto server = server_pid();
  const auto descriptors = open_descriptors().size();
  for (int i = 0; i < 20; ++i) {
    ::kill(server, SIGKILL);
    const auto next = server_pid();
    EXPECT_NE(next, server);
    EXPECT_EQ(descendants(), std::vector{next}) << "the old server is left over";
    EXPECT_EQ(open_descriptors().size(), descriptors);
    server = next;
  }
}

void release(const FileDescriptor& in, const FileDescriptor& out) {
  write_text(out, "x");
  read_text(in);
}

TEST(ForkServer, ProcessesOfAKilledServerCanBeJoined) {
  Pipe to, from;
  Process process{by_server, release, std::move(to.read), std::move(from.write)};
  EXPECT_EQ(read_text(from.read), "x");
  const auto server = descendants().at(0);
  ::kill(server, SIGKILL);
  ASSERT_TRUE(eventually([&] { return has_ended(server); }));
  EXPECT_TRUE(process.is_alive());
  EXPECT_FALSE(process.join_for(10ms));
  write_text(to.write, "x");
  EXPECT_EQ(process.join().code, 255) << "no process knows any longer";
  EXPECT_FALSE(process.is_alive());

  Process other{by_server, exit_with, 3};
  EXPECT_EQ(other.join().code, 3);
}

TEST(ForkServer, ProcessesOfAKilledServerCanBeKilled) {
  Process process{by_server, run_forever};
  ::kill(descendants().at(0), SIGKILL);
  process.kill();
  EXPECT_EQ(process.join().code, 255);
}

TEST(ForkServer, EndsWithItsParent) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (const bool killed : {false, true}) {
    Pipe pipe;
    Process parent{[&] {
      write_text(pipe.write, std::to_string(server_pid()));
      if (killed) run_forever();
    }};
    const auto server = std::stoi(read_text(pipe.read));
    if (killed) parent.kill();
    parent.join();
    EXPECT_TRUE(eventually([&] { return has_ended(server); }));
  }
}

TEST(ForkServer, IsNotEndedByAnInterruptThatItsParentHandles) {
  const auto run = run_scenario("interrupt", StartMethod::forkserver);
  EXPECT_THAT(run.output_lines(), ElementsAre("before", "after", "1 interrupt, the same server"))
      << run;
}

TEST(ForkServer, ItsProcessesCanBeInterrupted) {
  Process process{by_server, [] { ::raise(SIGINT); }};
  EXPECT_EQ(process.join().signal, SIGINT);
}

// The process ends before it has read a task that is too long for the socket's buffer.
TEST_P(SendingTest, ProcessThatEndsBeforeItHasItsTaskDoesNotBlock) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  start_server();
  const auto before = descendants();
  const std::jthread killer{[&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (const auto pid : descendants())
        if (!std::ranges::binary_search(before, pid)) {
          ::kill(pid, SIGKILL);
          return;
        }
    }
  }};
  Process process{options(), [](const std::string&) { run_forever(); },
                  std::string(100'000'000, 'x')};
  EXPECT_EQ(process.join().signal, SIGKILL);
}

}  // namespace
