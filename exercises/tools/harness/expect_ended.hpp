#pragma once

#include <poll.h>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <gtest/gtest.h>

#include <mp/watchdog/process_state.hpp>

namespace harness {

/// Fails the test if a process still has this word in its command line after half a minute.
inline void expect_ended(const std::string& word) {
  const auto runs = [&] {
    for (const auto pid : mp::detail::all_processes()) {
      std::ostringstream command;
      command << std::ifstream{"/proc/" + std::to_string(pid) + "/cmdline"}.rdbuf();
      if (command.str().find(word) != std::string::npos) return true;
    }
    return false;
  };
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (runs() && std::chrono::steady_clock::now() < end) ::poll(nullptr, 0, 5);
  EXPECT_FALSE(runs()) << word;
}

}  // namespace harness
