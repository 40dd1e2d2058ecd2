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

// Finds what a test leaves behind by mistake: open descriptors, processes, zombies.

namespace course {

/// Returns the open descriptors of this process.
inline std::vector<int> open_descriptors() {
  std::vector<int> numbers;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"})
    numbers.push_back(std::stoi(entry.path().filename()));
  // The one used to read them is closed now.
  std::erase_if(numbers, [](int number) { return ::fcntl(number, F_GETFD) == -1; });
  std::ranges::sort(numbers);
  return numbers;
}

struct ProcessState {
  pid_t pid = 0, parent = 0;
  char state = 'X';  // 'Z': a zombie, ended but not reaped; 'X': no such process
};

inline ProcessState process_state(pid_t pid) {
  // "PID (COMMAND) STATE PARENT …"; the command may contain anything.
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string line;
  std::getline(file, line);
  const auto end_of_command = line.rfind(')');
  ProcessState result{.pid = pid};
  if (end_of_command != std::string::npos)
    std::istringstream{line.substr(end_of_command + 1)} >> result.state >> result.parent;
  return result;
}

/// Whether the process has ended. Where no process reaps orphans, they stay zombies, which have
/// ended.
inline bool has_ended(pid_t pid) {
  const char state = process_state(pid).state;
  return state == 'Z' || state == 'X';
}

/// Returns all descendants of `ancestor`, zombies included.
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

/// Waits for something that happens soon without a notification; returns false after twenty
/// seconds.
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

/// Fails the test if this process has other descriptors or descendants at the end of the scope than
/// at its beginning.
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
