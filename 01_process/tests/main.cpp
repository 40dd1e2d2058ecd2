#include <unistd.h>
#include <gtest/gtest.h>

#include <mp/process.hpp>
#include <mp/start.hpp>
#include <mp/timeline.hpp>

int main(int argc, char** argv) {
  // Descriptors that the caller left open would disturb tests of a full descriptor table.
  // A timeline is already open.
  const bool is_child = argc > 1 && argv[1] == mp::detail::child_flag;
  if (!is_child && !mp::detail::timeline) ::closefrom(STDERR_FILENO + 1);
  mp::init(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
