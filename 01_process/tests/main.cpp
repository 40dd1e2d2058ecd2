#include <gtest/gtest.h>

#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
