#include <chrono>
#include <cstdio>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/lock.hpp>
#include <mp/process.hpp>

using namespace std::chrono_literals;

// Writes letter by letter. The pause lets others interrupt on every run. Interrupting only now and
// then would be worse, because the program would work in the test and fail at night.
void print_line(int number) {
  for (const char letter : fmt::format("Process {} prints this line\n", number)) {
    std::putchar(letter);
    std::this_thread::sleep_for(1ms);
  }
}

void print_locked(mp::Lock& lock, int number) {
  std::scoped_lock guard{lock};  // released at the end of the scope, whatever happens there
  print_line(number);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 10;
  lesson::parse(argc, argv,
                "Processes print at the same time, first without a lock, then with one.",
                {{"--processes", processes, "how many processes to start"}});
  std::setvbuf(stdout, nullptr, _IONBF, 0);  // writes every letter separately

  fmt::print("Without a lock:\n");
  std::vector<mp::Process> printers;
  for (int number = 0; number < processes; ++number) printers.emplace_back(print_line, number);
  for (auto& printer : printers) printer.join();

  fmt::print("With a lock:\n");
  mp::Lock lock;
  printers.clear();
  for (int number = 0; number < processes; ++number)
    printers.emplace_back(print_locked, std::ref(lock), number);
  for (auto& printer : printers) printer.join();
}
