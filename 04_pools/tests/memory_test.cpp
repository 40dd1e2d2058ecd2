#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <leftovers.hpp>
#include <loader.hpp>
#include <mp/lock.hpp>
#include <mp/memory.hpp>
#include <mp/process.hpp>
#include <program.hpp>
#include <temporary_folder.hpp>

namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

int calls = 0;  // how many times a result was computed

int square(int x) {
  ++calls;
  return x * x;
}

int cube(int x) {
  ++calls;
  return x * x * x;
}

std::string repeat(const std::string& text, int times) {
  ++calls;
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

class MemoryTest : public testing::Test {
 protected:
  MemoryTest() { calls = 0; }

  std::vector<fs::path> files() const {
    if (!fs::exists(folder_)) return {};
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator{folder_}) paths.push_back(entry.path());
    return paths;
  }

  /// The file of `square(9)`, the only one in the folder.
  fs::path keep_one() const {
    mp::Memory{folder_}.call(square, 9);
    calls = 0;
    return files().at(0);
  }

  /// Expects one computation, whatever is in its file, and then a cached result.
  void expect_recovery() const {
    calls = 0;
    EXPECT_EQ(mp::Memory{folder_}.call(square, 9), 81);
    EXPECT_EQ(mp::Memory{folder_}.call(square, 9), 81);
    EXPECT_EQ(calls, 1);
    EXPECT_THAT(files(), SizeIs(1));
  }

  const course::TemporaryFolder temporary_;
  const fs::path parent_ = temporary_.path(), folder_ = parent_ / "results";
  course::NothingLeftOver nothing_left_over_;
};

std::string read(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator{in}, {}};
}

void write(const fs::path& file, const std::string& bytes) {
  std::ofstream{file, std::ios::binary} << bytes;
}

/// Runs a function in a new process and returns what that wrote to standard error.
template <class Function>
std::string errors_of(Function function) {
  testing::internal::CaptureStderr();
  const auto status = mp::Process{function}.join();
  auto errors = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(status.success()) << to_string(status) << errors;
  return errors;
}

// ---- Which calls are the same ----

TEST_F(MemoryTest, ComputesOnce) {
  mp::Memory memory{folder_};
  EXPECT_THAT(files(), IsEmpty());
  EXPECT_EQ(memory.call(square, 9), 81);
  EXPECT_EQ(memory.call(square, 9), 81);
  EXPECT_EQ(calls, 1);
}

TEST_F(MemoryTest, KnowsWhatAnotherProcessComputed) {
  mp::Process{[&] { mp::Memory{folder_}.call(square, 9); }}.join();
  EXPECT_EQ(mp::Memory{folder_}.call(square, 9), 81);
  EXPECT_EQ(calls, 0);
}

TEST_F(MemoryTest, OtherArgumentsAreAnotherCall) {
  mp::Memory memory{folder_};
  EXPECT_EQ(memory.call(square, 9), 81);
  EXPECT_EQ(memory.call(square, 10), 100);
  EXPECT_EQ(memory.call(repeat, "ab", 3), "ababab");
  EXPECT_EQ(memory.call(repeat, "aba", 3), "abaabaaba");
  EXPECT_EQ(calls, 4);
}

TEST_F(MemoryTest, AnotherFunctionIsAnotherCall) {
  mp::Memory memory{folder_};
  EXPECT_EQ(memory.call(square, 9), 81);
  EXPECT_EQ(memory.call(cube, 9), 729);
  EXPECT_EQ(memory.call([](int x) { return x + 1; }, 9), 10);
  EXPECT_EQ(memory.call([](int x) { return x + 2; }, 9), 11);
}

TEST_F(MemoryTest, TheTypesOfTheArgumentsMatter) {
  mp::Memory memory{folder_};
  const auto to_double = [](auto x) { return static_cast<double>(x); };
  EXPECT_EQ(memory.call(to_double, std::int64_t{4611686018427387904}), 4611686018427387904.0);
  EXPECT_EQ(memory.call(to_double, 2.0), 2.0);  // the same eight bytes
}

TEST_F(MemoryTest, EqualArgumentsAreTheSameCall) {
  mp::Memory memory{folder_};
  const auto reciprocal = [](double x) { return ++calls / x; };
  EXPECT_EQ(memory.call(reciprocal, 0.0), memory.call(reciprocal, -0.0));
  EXPECT_EQ(calls, 1);

  const auto sum = [](const std::vector<float>& numbers) {
    return std::accumulate(numbers.begin(), numbers.end(), static_cast<float>(++calls));
  };
  EXPECT_EQ(memory.call(sum, std::vector{1.F, 0.F}), memory.call(sum, std::vector{1.F, -0.F}));
  EXPECT_EQ(calls, 2);

  // Only ten of sixteen bytes are the number.
  std::array<long double, 2> numbers;
  std::memset(numbers.data(), 0, sizeof numbers[0]);
  std::memset(&numbers[1], 1, sizeof numbers[1]);
  numbers[0] = numbers[1] = 2;
  const auto half = [](long double x) { return x / 2 + ++calls; };
  EXPECT_EQ(memory.call(half, numbers[0]), memory.call(half, numbers[1]));
  EXPECT_EQ(calls, 3);

  std::unordered_map<std::string, std::unordered_set<int>> one{{"x", {1, 2, 3}}, {"y", {}}}, other;
  other.rehash(1000);
  other["y"];
  other["x"].rehash(1000);
  for (const int number : {2, 3, 1}) other["x"].insert(number);
  ASSERT_EQ(one, other);
  const auto size = [](const auto& map) { return ++calls, map.size(); };
  EXPECT_EQ(memory.call(size, one), memory.call(size, other));
  EXPECT_EQ(calls, 4);
  other["x"].insert(4);
  memory.call(size, other);
  EXPECT_EQ(calls, 5);
}

TEST_F(MemoryTest, KeepsEveryTypeThatCanTravel) {
  const auto table = [](int size) {
    ++calls;
    std::map<std::string, std::vector<double>> result;
    for (int i = 0; i < size; ++i) result[std::to_string(i)].assign(3, i);
    return result;
  };
  const auto owner = [](int x) { return std::make_unique<int>(x + ++calls); };
  for (int time = 0; time < 2; ++time) {
    mp::Memory memory{folder_};
    EXPECT_THAT(memory.call(table, 3)["2"], ElementsAre(2, 2, 2));
    EXPECT_EQ(*memory.call(owner, 40), 42);
    EXPECT_THAT(memory.call(repeat, "x", 5'000'000), SizeIs(5'000'000));
  }
  EXPECT_EQ(calls, 3);
}

TEST_F(MemoryTest, KeepsNothingOfAnException) {
  mp::Memory memory{folder_};
  const auto fail = [](int x) -> int { throw std::domain_error{std::to_string(++calls + x)}; };
  EXPECT_THROW(memory.call(fail, 1), std::domain_error);
  EXPECT_THROW(memory.call(fail, 1), std::domain_error);
  EXPECT_EQ(calls, 2);
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(MemoryTest, RefusesWhatMeansNothingLater) {
  mp::Memory memory{folder_};
  mp::Lock lock;
  EXPECT_THROW(memory.call([](mp::Lock&) { return 1; }, std::ref(lock)), mp::CannotTravel);
  EXPECT_THROW(memory.call(static_cast<double (*)(double)>(nullptr), 2.0), mp::CannotTravel);
}

TEST_F(MemoryTest, KeepsItsFolderWhenTheProgramChangesDirectory) {
  EXPECT_EQ(errors_of([&] {
              fs::current_path(parent_);
              mp::Memory memory{"results"};
              fs::current_path("/");
              memory.call(square, 9);
            }),
            "");
  EXPECT_THAT(files(), SizeIs(1));
}

TEST_F(MemoryTest, AnswersAllWhoMayReadNewFiles) {
  const mode_t before = ::umask(0002);
  const auto file = keep_one();
  ::umask(before);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms{0664});
}

// ---- Which programs are the same ----

class MemoryOfAProgram : public MemoryTest {
 protected:
  MemoryOfAProgram() {
    fs::copy_file(MEMORY_SCENARIO, program_);
    fs::permissions(parent_, fs::perms::all);
  }

  std::string run(const std::string& command, std::vector<std::string> arguments = {}) const {
    arguments.push_back(folder_);
    return course::run_program(command, arguments).output;
  }

  fs::path program_ = parent_ / "program";
};

// Appended bytes change a program's file, but not its behaviour.
void change(const fs::path& program) { std::ofstream{program, std::ios::app} << "more"; }

TEST_F(MemoryOfAProgram, AChangedOneComputesAnew) {
  EXPECT_EQ(run(program_), "computed\n");
  EXPECT_EQ(run(program_), "kept\n");
  change(program_);
  EXPECT_EQ(run(program_), "computed\n");
  EXPECT_EQ(run(program_), "kept\n");
}

TEST_F(MemoryOfAProgram, IsNotTheLoaderThatStartsIt) {
  const auto loader = course::loader();
  ASSERT_FALSE(loader.empty());
  EXPECT_EQ(run(program_), "computed\n");
  EXPECT_EQ(run(loader, {program_}), "kept\n");
  change(program_);
  EXPECT_EQ(run(loader, {program_}), "computed\n");
}

TEST_F(MemoryOfAProgram, ComputesWhenItsFileCannotBeRead) {
  fs::permissions(program_, fs::perms{0111});
  const auto errors = errors_of([&] {
    if (::geteuid() == 0) mp::check(::setuid(65534), "setuid");  // root may read everything
    ::execl(program_.c_str(), program_.c_str(), folder_.c_str(), nullptr);
  });
  EXPECT_THAT(errors, HasSubstr("the program's own file cannot be read"));
  EXPECT_EQ(std::ranges::count(errors, '\n'), 1) << errors;
  EXPECT_THAT(files(), IsEmpty());
}

// ---- What may be wrong with a file ----

TEST_F(MemoryTest, TrustsNoTornFile) {
  const auto file = keep_one();
  const auto whole = read(file);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    fs::resize_file(file, size);
    expect_recovery();
  }
  EXPECT_EQ(read(file), whole);
}

TEST_F(MemoryTest, TrustsNoDamagedFile) {
  const auto file = keep_one();
  const auto whole = read(file);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto damaged = whole;
    damaged[at] ^= 4;
    write(file, damaged);
    expect_recovery();
  }
  write(file, whole + "more");
  expect_recovery();
  write(file, std::string(whole.size(), '\0'));  // what a power failure may leave
  expect_recovery();
}

TEST_F(MemoryTest, TrustsNoFileOfAnotherCall) {
  const auto file = keep_one();
  mp::Memory memory{folder_};
  memory.call(square, 10);
  for (const auto& other : files())
    if (other != file) fs::rename(other, file);
  expect_recovery();
}

TEST_F(MemoryTest, NeitherHangsNorFailsOnWhatIsNotAFile) {
  const auto file = keep_one();
  fs::remove(file);
  mp::check(::mkfifo(file.c_str(), 0600), "mkfifo");
  expect_recovery();
  fs::remove(file);
  fs::create_symlink("nowhere", file);
  expect_recovery();
  fs::resize_file(file, 1ULL << 42U);  // larger than the memory, without using the disk
  expect_recovery();
  write(file, "");
  fs::resize_file(file, 1ULL << 42U);
  expect_recovery();
}

// ---- Where nothing can be kept ----

TEST_F(MemoryTest, ComputesWhereNothingCanBeWritten) {
  const auto errors = errors_of([&] {
    fs::create_directory(folder_);
    fs::permissions(folder_, fs::perms::none);
    if (::geteuid() == 0) mp::check(::seteuid(65534), "seteuid");  // root may write everywhere
    mp::Memory memory{folder_};
    if (memory.call(square, 9) != 81 || memory.call(square, 9) != 81 || calls != 2) std::exit(1);
  });
  EXPECT_THAT(errors, HasSubstr("mp::Memory: cannot keep results in " + folder_.string()));
  EXPECT_EQ(std::ranges::count(errors, '\n'), 1) << errors;
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(MemoryTest, ComputesWhereAFileIsInTheWay) {
  write(folder_, "a file");
  const auto errors = errors_of([&] {
    if (mp::Memory{folder_}.call(square, 9) != 81) std::exit(1);
  });
  EXPECT_THAT(errors, HasSubstr("Not a directory"));
  EXPECT_EQ(read(folder_), "a file");
}

TEST_F(MemoryTest, SaysWhyOnceForAllProcessesThatShareIt) {
  write(folder_, "a file");
  const auto errors = errors_of([&] {
    mp::Memory memory{folder_};
    for (int i = 0; i < 3; ++i) mp::Process{[&] { memory.call(square, i); }}.join();
    memory.call(square, 3);
  });
  EXPECT_EQ(std::ranges::count(errors, '\n'), 1) << errors;
}

TEST_F(MemoryTest, ComputesWhereADirectoryIsInTheWay) {
  const auto file = keep_one();
  fs::remove(file);
  fs::create_directory(file);
  const auto errors = errors_of([&] {
    if (mp::Memory{folder_}.call(square, 9) != 81) std::exit(1);
  });
  EXPECT_THAT(errors, HasSubstr("rename"));
  EXPECT_THAT(files(), ElementsAre(file));
}

void limit_file_size(rlim_t bytes) {
  const rlimit size{bytes, bytes}, none{0, 0};
  mp::check(::setrlimit(RLIMIT_FSIZE, &size), "setrlimit");
  mp::check(::setrlimit(RLIMIT_CORE, &none), "setrlimit");
}

TEST_F(MemoryTest, ComputesWhenTheDiskIsFull) {
  const auto errors = errors_of([&] {
    limit_file_size(1000);  // a write beyond it fails, as on a full disk
    mp::Memory memory{folder_};
    if (memory.call(repeat, "ab", 5000).size() != 10'000) std::exit(1);
    if (memory.call(square, 9) != 81) std::exit(1);  // this one fits
  });
  EXPECT_THAT(errors, HasSubstr("write: File too large"));
  EXPECT_THAT(files(), SizeIs(1));
}

// ---- Several processes ----

TEST_F(MemoryTest, AProcessKilledWhileItWritesLeavesNothingForLong) {
  const auto unfinished = fs::path{keep_one().string() + ".0a1b2c"};
  mp::Process writer{[&] {
    const mp::FileDescriptor file{
        mp::check(::open(unfinished.c_str(), O_WRONLY | O_CREAT, 0600), "open")};
    mp::check(::flock(file.get(), LOCK_EX), "flock");
    std::raise(SIGKILL);
  }};
  EXPECT_EQ(writer.join().signal, SIGKILL);
  EXPECT_THAT(files(), SizeIs(2));
  mp::Memory memory{folder_};
  EXPECT_THAT(files(), SizeIs(1));
}

TEST_F(MemoryTest, LeavesAloneWhatAnotherIsWriting) {
  const auto unfinished = fs::path{keep_one().string() + ".a1B2c3"};
  write(unfinished, "the first half");
  {
    const mp::FileDescriptor file{mp::check(::open(unfinished.c_str(), O_RDONLY), "open")};
    mp::check(::flock(file.get(), LOCK_EX), "flock");
    mp::Memory{folder_}.clear();
    EXPECT_THAT(files(), ElementsAre(unfinished));
  }
  mp::Memory{folder_};
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(MemoryTest, EightProcessesFillItAtOnce) {
  constexpr int results = 100;
  const auto text = [](int number) {
    return std::string(static_cast<std::size_t>(100 * number), static_cast<char>(number));
  };
  std::vector<mp::Process> processes;
  for (int process = 0; process < 8; ++process) {
    processes.emplace_back([&, process] {
      for (int i = 0; i < results; ++i) {
        const int number = (i + process * 13) % results;
        if (mp::Memory{folder_}.call(text, number) != text(number)) std::exit(1);
      }
    });
  }
  for (auto& process : processes) EXPECT_TRUE(process.join().success());
  EXPECT_THAT(files(), SizeIs(results));
  for (int number = 0; number < results; ++number) {
    const auto kept = mp::Memory{folder_}.call(text, number);
    EXPECT_EQ(kept, text(number));
  }
}

TEST_F(MemoryTest, IsWholeAfterManyAreKilled) {
  const auto fill = [&] {
    for (int number = 0;; number = (number + 1) % 10) mp::Memory{folder_}.call(repeat, "x", number);
  };
  for (int time = 0; time < 20; ++time) {
    mp::Process writer{fill}, other{fill};
    ASSERT_TRUE(course::eventually([&] { return !files().empty(); }));
    mp::Memory{folder_}.clear();
    writer.kill();
    other.kill();
  }
  mp::Memory memory{folder_};
  for (const auto& file : files()) EXPECT_EQ(file.extension(), ".result");
  for (int number = 0; number < 10; ++number)
    EXPECT_THAT(memory.call(repeat, "x", number), SizeIs(number));
}

TEST_F(MemoryTest, ClearRemovesResultsAndNothingElse) {
  mp::Memory memory{folder_};
  memory.clear();  // no folder yet
  memory.call(square, 9);
  memory.call(square, 10);
  const auto mine = folder_ / "mine.result";
  write(mine, "not a result of the memory");
  memory.clear();
  EXPECT_THAT(files(), ElementsAre(mine));
  calls = 0;
  memory.call(square, 9);
  EXPECT_EQ(calls, 1);
}

// ---- Function objects, and void functions ----

TEST_F(MemoryTest, GivesAFunctionThatRemembers) {
  mp::Memory memory{folder_};
  const auto remembered = memory.cache(square);
  EXPECT_EQ(remembered(9), 81);
  EXPECT_EQ(remembered(9), 81);
  EXPECT_EQ(memory.call(square, 9), 81);
  EXPECT_EQ(calls, 1);
}

TEST_F(MemoryTest, AFunctionWithoutResultIsCalledOnce) {
  mp::Memory memory{folder_};
  const auto count = [](int by) { calls += by; };
  memory.call(count, 1);
  mp::Memory{folder_}.call(count, 1);
  EXPECT_EQ(calls, 1);
  memory.call(count, 2);
  EXPECT_EQ(calls, 3);
  memory.clear();
  memory.cache(count)(1);
  EXPECT_EQ(calls, 4);
}

}  // namespace
