#include <fcntl.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>

int number = 1;                  // a global variable, which main changes
constexpr int descriptor = 100;  // a number that no other open file uses

// Runs in the new process: which of main's changes are visible here?
void look(const std::string& method, pid_t main) {
  auto yes = [](bool here) { return here ? "yes" : "no"; };
  fmt::print("{:<10}  {:>8}  {:>9}  {:>11}  {:>9}  {:>13}\n", method, yes(number == 2),
             yes(fcntl(descriptor, F_GETFD) != -1), yes(std::getenv("COURSE_CHAPTER")),
             yes(std::filesystem::current_path() == "/dev"), yes(getppid() == main));
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  lesson::parse(argc, argv, "What a new process inherits from its parent.");
  using mp::StartMethod;

  // The fork server starts when the first process is requested. Later changes do not reach it.
  mp::Process{{.start_method = StartMethod::forkserver}, [] {}}.join();
  number = 2;
  mp::check(dup2(STDOUT_FILENO, descriptor), "dup2");
  mp::check(setenv("COURSE_CHAPTER", "processes", 1), "setenv");
  std::filesystem::current_path("/dev");

  fmt::print("Inherited   variable  open file  environment  directory  child of main\n");
  mp::Process{{.start_method = StartMethod::fork}, look, "fork", getpid()}.join();
  mp::Process{{.start_method = StartMethod::spawn}, look, "spawn", getpid()}.join();
  mp::Process{{.start_method = StartMethod::forkserver}, look, "forkserver", getpid()}.join();
}
