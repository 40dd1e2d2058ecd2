#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"
#include "start_methods.hpp"
#include "temporary_folder.hpp"
#include <mp/process.hpp>

// Processes of a host program with its own threads, streams and signals.

namespace {

using course::every_start_method;
using course::method_name;
using course::Pipe;
using course::read_all;
using course::read_text;
using course::run_program;
using course::write_text;
using mp::FileDescriptor;
using mp::Process;
using mp::StartMethod;
using testing::ElementsAre;
using testing::HasSubstr;

class HostTest : public course::StartMethods {};
INSTANTIATE_TEST_SUITE_P(Every, HostTest, every_start_method, method_name);

void do_nothing() {}

// ---- Threads that are blocked in a stream ----

FILE* open_stream(const FileDescriptor& end, const char* mode) {
  return ::fdopen(mp::check(::fcntl(end.get(), F_DUPFD_CLOEXEC, 0), "fcntl"), mode);
}

void await_use(FILE* stream) {
  while (::ftrylockfile(stream) == 0) {
    ::funlockfile(stream);
    std::this_thread::yield();
  }
}

void read_line(FILE* stream) {
  std::array<char, 80> line{};
  static_cast<void>(std::fgets(line.data(), line.size(), stream));
}

constexpr std::size_t more_than_fits = 1 << 20;

void print_much(FILE* stream) { std::fputs(std::string(more_than_fits, 'x').c_str(), stream); }

TEST_P(HostTest, StartsWhileAThreadWaitsForInput) {
  const Pipe input;
  FILE* const stream = open_stream(input.read, "r");
  std::thread reader{[&] { read_line(stream); }};
  await_use(stream);
  EXPECT_TRUE((Process{options(), do_nothing}.join().success()));
  write_text(input.write, "a line\n");
  reader.join();
  std::fclose(stream);
}

TEST_P(HostTest, StartsWhileAThreadIsBlockedInPrinting) {
  const Pipe output;
  FILE* const stream = open_stream(output.write, "w");
  std::thread printer{[&] { print_much(stream); }};
  await_use(stream);
  EXPECT_TRUE((Process{options(), do_nothing}.join().success()));
  for (std::size_t arrived = 0; arrived < more_than_fits;) arrived += read_text(output.read).size();
  printer.join();
  std::fclose(stream);
}

void wait_for_input_in_a_thread(const FileDescriptor& input) {
  FILE* const stream = open_stream(input, "r");
  std::thread{[=] { read_line(stream); }}.detach();
  await_use(stream);
}

TEST_P(HostTest, EndsWhileAThreadWaitsForInput) {
  const Pipe input;
  Process process{options(), wait_for_input_in_a_thread, input.read.duplicate()};
  EXPECT_TRUE(process.join().success());
}

std::atomic<bool> writing = false;

// Blocks like a full pipe that no process reads.
ssize_t block_forever(void*, const char*, std::size_t) {
  writing = true;
  for (;;) ::pause();
}

void print_in_a_thread(bool fails) {
  FILE* const stream = ::fopencookie(nullptr, "w", {nullptr, &block_forever, nullptr, nullptr});
  std::thread{[=] {
    std::fputs("text", stream);
    std::fflush(stream);
  }}.detach();
  while (!writing) std::this_thread::yield();
  if (fails) std::exit(3);
}

TEST_P(HostTest, EndsWhileAThreadIsBlockedInPrinting) {
  EXPECT_EQ((Process{options(), print_in_a_thread, false}.join().code), 1);
  EXPECT_EQ((Process{options(), print_in_a_thread, true}.join().code), 3);
}

// ---- Output ----

FILE* log_of_the_host = nullptr;

// A fork handler stands in for another thread, which prints between the flush and the fork.
TEST(HostTest, TextThatIsPrintedDuringAForkAppearsOnce) {
  const course::TemporaryFolder folder;
  const auto path = folder.path() / "log";
  log_of_the_host = std::fopen(path.c_str(), "w");
  const auto print = [] {
    if (log_of_the_host) std::fputs("line\n", log_of_the_host);
  };
  ASSERT_EQ(::pthread_atfork(print, nullptr, nullptr), 0);
  Process{do_nothing};
  std::fclose(std::exchange(log_of_the_host, nullptr));
  EXPECT_EQ(std::filesystem::file_size(path), 5);
}

TEST_P(HostTest, WhatTheParentHasLostIsNotTheChildsLoss) {
  for (const std::string what : {"", "a line"}) {
    const auto run = run_program(SCENARIOS, {"parents_loss", course::to_string(method()), what},
                                 {.output_file = "/dev/full"});
    EXPECT_EQ(run.error_lines().back(), what.empty() ? "exit code 0" : "exit code 1") << run;
  }
}

TEST_P(HostTest, SilencedOutputIsNoLoss) {
  Process host{[options = options()] {
    std::cout.setstate(std::ios::badbit);
    Process child{options, do_nothing};
    ::_exit(child.join().success() ? 0 : 3);
  }};
  EXPECT_EQ(host.join().code, 0);
}

}  // namespace
