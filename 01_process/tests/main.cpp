#include <unistd.h>
#include <gtest/gtest.h>

#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  // What the caller left open would make room in tests of a full descriptor table, or take it.
  ::closefrom(STDERR_FILENO + 1);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
