#include <unistd.h>
#include <stdexcept>
#include <string>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>

void say(const std::string& what) { fmt::print("  {}, in process {}\n", what, getpid()); }

// A static object is made before main begins.
struct Announcement {
  Announcement() { say("static objects"); }
} announcement;

void task() { say("its task"); }

int main(int argc, char** argv) {
  say("main up to mp::init");
  // A spawned process comes by here, too. If it could start one, that one would start one …
  std::string refusal;
  try {
    mp::Process{{.start_method = mp::StartMethod::spawn}, task};
  } catch (const std::logic_error& error) {
    refusal = error.what();
  }

  mp::init(argc, argv);  // a spawned process does not return from here: it runs its task and ends

  lesson::parse(argc, argv, "What runs again in a new process, and why main begins with mp::init.");
  say("main after mp::init");
  using mp::StartMethod;
  fmt::print("Forked:\n");
  mp::Process{{.start_method = StartMethod::fork}, task}.join();
  fmt::print("Spawned:\n");
  mp::Process{{.start_method = StartMethod::spawn}, task}.join();
  fmt::print("Forked by the fork server:\n");
  mp::Process{{.start_method = StartMethod::forkserver}, task}.join();
  fmt::print("A process before mp::init? {}\n", refusal);
}
