#include <utility>
#include <gtest/gtest.h>

#include <harness/expectations.hpp>

namespace harness {
namespace {

std::string notes;

}  // namespace

void fail(const std::string& text) { ADD_FAILURE() << text; }

void fail_and_stop(const std::string& text) {
  fail(text);
  throw testing::AssertionException{testing::TestPartResult{testing::TestPartResult::kFatalFailure,
                                                            __FILE__, __LINE__, text.c_str()}};
}

void note(const std::string& text) { notes += text; }

std::string take_notes() { return std::exchange(notes, {}); }

std::string nothing_arrived(const std::string& what) {
  return "0, so nothing that the child processes computed has arrived.\nIs " + what +
         " in shared memory, or sent through a queue or a pipe? Each process has its own copy of "
         "every other variable, even of a global one.\nIf so, is it read before the processes have "
         "put it there?";
}

void expect_at_once(int wanted, int seen, const std::string& expectation,
                    const std::string& cause) {
  const auto number = std::to_string(seen);
  expect(seen == wanted, "Expected: " + expectation + ".\nSeen: " +
                             (seen < wanted ? "never more than " + number + ".\n" + cause
                                            : number + " of them.\nIs each worker started once?"));
}

std::string count_of(std::size_t number, const std::string& singular, const std::string& plural) {
  return std::to_string(number) + " " + (number == 1 ? singular : plural);
}

}  // namespace harness
