#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/timing.hpp>
#include <mp/process.hpp>

const std::vector<std::pair<std::string, mp::StartMethod>> methods{
    {"fork", mp::StartMethod::fork},
    {"spawn", mp::StartMethod::spawn},
    {"forkserver", mp::StartMethod::forkserver}};

int number = 1;                  // a global variable, which main changes
constexpr int descriptor = 100;  // a number that no other file gets

// In the new process: what is here of what main has changed?
void look(const std::string& method, pid_t main) {
  auto yes = [](bool here) { return here ? "yes" : "no"; };
  fmt::print("{:<10}  {:>8}  {:>9}  {:>11}  {:>9}  {:>13}\n", method, yes(number == 2),
             yes(fcntl(descriptor, F_GETFD) != -1), yes(std::getenv("COURSE_CHAPTER")),
             yes(std::filesystem::current_path() == "/dev"), yes(getppid() == main));
}

void show_what_is_inherited() {
  // The fork server starts with the first process that it is asked for; it learns no news later.
  mp::Process{{.start_method = mp::StartMethod::forkserver}, [] {}}.join();
  const auto folder = std::filesystem::current_path();
  number = 2;
  mp::check(dup2(STDOUT_FILENO, descriptor), "dup2");
  mp::check(setenv("COURSE_CHAPTER", "processes", 1), "setenv");
  std::filesystem::current_path("/dev");

  fmt::print("Inherited   variable  open file  environment  directory  child of main\n");
  for (const auto& [name, method] : methods)
    mp::Process{{.start_method = method}, look, name, getpid()}.join();
  std::filesystem::current_path(folder);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int starts = 15, memory = 256;
  std::string plot;
  lesson::parse(argc, argv, "What a new process has from its parent, and what it costs to start.",
                {{"--starts", starts, "how many starts are measured, of which the fastest counts"},
                 {"--memory", memory, "the most memory that the parent uses, in MiB", 1, 65536},
                 lesson::plot(plot)});
  show_what_is_inherited();

  fmt::print("\nMilliseconds to start and join, and the memory that the parent uses\n");
  fmt::print("{:>8}  {:>10}  {:>10}  {:>10}\n", "MiB", "fork", "spawn", "forkserver");
  lesson::Figure figure{
      "The cost of a process", "memory of the parent (MiB)", "start and join (ms)", {}, true, true};
  for (const auto& [name, method] : methods) figure.series.push_back({name, {}});
  for (int size = 1; size <= memory; size *= 4) {
    const std::vector<char> used(static_cast<std::size_t>(size) << 20, 'x');
    fmt::print("{:8}", size);
    for (std::size_t i = 0; i < methods.size(); ++i) {
      const mp::ProcessOptions options{.start_method = methods[i].second};
      const double seconds = lesson::seconds([&] { mp::Process{options, [] {}}.join(); }, starts);
      fmt::print("  {:10.2f}", 1000 * seconds);
      figure.series[i].points.emplace_back(size, 1000 * seconds);
    }
    fmt::print("\n");
  }
  const auto cheapest = std::ranges::min_element(
      figure.series, {}, [](auto& line) { return line.points.back().second; });
  fmt::print("The cheapest with so much memory: {}\n", cheapest->title);
  lesson::draw(figure, plot);
}
