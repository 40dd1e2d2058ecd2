#include <sys/types.h>
#include <csignal>
#include <exception>
#include <stdexcept>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mp/worker_error.hpp>

namespace {

template <class Error>
mp::RemoteError caught(const Error& error) {
  try {
    throw error;
  } catch (...) {
    return mp::RemoteError::current();
  }
}

TEST(RemoteError, NamesTypeTextAndWorker) {
  const auto error = caught(std::range_error{"too far"});
  EXPECT_EQ(error.type, "std::range_error");
  EXPECT_EQ(error.text, "too far");
  EXPECT_EQ(error.worker, "MainProcess");
  EXPECT_STREQ(error.what(), "MainProcess: std::range_error: too far");
}

TEST(RemoteError, DescribesAThrownInt) { EXPECT_STREQ(caught(42).what(), "MainProcess: int"); }

TEST(WorkerDied, NamesProcessAndCause) {
  const mp::WorkerDied killed{"Worker-2", 4711, {.code = {}, .signal = SIGKILL}};
  EXPECT_STREQ(killed.what(), "Worker-2 (pid 4711) died: signal 9 (Killed)");
  EXPECT_EQ(killed.pid, 4711);
  EXPECT_EQ(killed.status.signal, SIGKILL);
  const mp::WorkerDied left{"Worker-3", 4712, {.code = 3, .signal = {}}};
  EXPECT_STREQ(left.what(), "Worker-3 (pid 4712) died: exit code 3");
}

TEST(RemoteError, NamesAllCauses) {
  const auto fail = [](const auto& self, int causes) -> void {
    if (causes == 0) throw 42;
    try {
      self(self, causes - 1);
    } catch (...) {
      std::throw_with_nested(std::runtime_error{"step " + std::to_string(causes)});
    }
  };
  try {
    fail(fail, 2);
  } catch (...) {
    const auto error = mp::RemoteError::current();
    EXPECT_EQ(error.type, "std::runtime_error");
    EXPECT_EQ(error.text, "step 2; caused by std::runtime_error: step 1; caused by int");
  }
}

}  // namespace
