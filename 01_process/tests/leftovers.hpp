#pragma once

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>
#include <gtest/gtest.h>

// What a test may leave behind by mistake: open descriptors, processes, zombies.

namespace course {

/// The descriptors that this process has open.
inline std::vector<int> open_descriptors() {
  std::vector<int> numbers;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"})
    numbers.push_back(std::stoi(entry.path().filename()));
  // The one through which they were read is closed now.
  std::erase_if(numbers, [](int number) { return ::fcntl(number, F_GETFD) == -1; });
  std::ranges::sort(numbers);
  return numbers;
}

struct ProcessState {
  pid_t pid = 0, parent = 0;
  char state = 'X';  // 'Z': a zombie, that is, ended but not waited for; 'X': there is none
};

inline ProcessState process_state(pid_t pid) {
  // "PID (COMMAND) STATE PARENT …"; the command may hold anything.
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string line;
  std::getline(file, line);
  const auto end_of_command = line.rfind(')');
  ProcessState result{.pid = pid};
  if (end_of_command != std::string::npos)
    std::istringstream{line.substr(end_of_command + 1)} >> result.state >> result.parent;
  return result;
}

/// Whether it runs no more. Where nobody waits for orphans they stay zombies: those have ended.
inline bool has_ended(pid_t pid) {
  const char state = process_state(pid).state;
  return state == 'Z' || state == 'X';
}

/// The processes, zombies included, whose parent is `ancestor`, or whose parent's parent …
inline std::vector<pid_t> descendants(pid_t ancestor = ::getpid()) {
  std::vector<ProcessState> all;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const auto name = entry.path().filename().string();
    if (!std::ranges::all_of(name, [](char c) { return '0' <= c && c <= '9'; })) continue;
    all.push_back(process_state(std::stoi(name)));
  }
  std::vector<pid_t> found{ancestor};
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const auto& process : all)
      if (process.state != 'X' && process.parent == found[i]) found.push_back(process.pid);
  found.erase(found.begin());
  std::ranges::sort(found);
  return found;
}

/// Waits for something that happens soon but tells nobody; false after twenty seconds.
template <class Condition>
bool eventually(Condition condition) {
  using namespace std::chrono_literals;
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// Fails the test when, at the end of the scope, this process has other descriptors or descendants
/// than at its beginning.
class NothingLeftOver {
 public:
  NothingLeftOver() = default;
  NothingLeftOver(const NothingLeftOver&) = delete;
  ~NothingLeftOver() {
    EXPECT_EQ(open_descriptors(), descriptors_) << "descriptors are left over";
    EXPECT_EQ(descendants(), processes_) << "processes are left over";
  }

 private:
  std::vector<pid_t> processes_ = descendants();
  std::vector<int> descriptors_ = open_descriptors();
};

}  // namespace course
