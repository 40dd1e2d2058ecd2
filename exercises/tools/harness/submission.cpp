#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <vector>
#include <gtest/gtest.h>

#include <harness/descendants.hpp>
#include <harness/session.hpp>
#include <harness/submission.hpp>
#include <harness/verdict.hpp>
#include <mp/watchdog/process_state.hpp>

namespace harness {
namespace {

std::string listed(const std::vector<std::string>& files) {
  std::string text;
  for (const auto& file : files) text += (text.empty() ? "" : ", ") + file;
  return text;
}

}  // namespace

Examination::Examination() {
  try {
    session_ = std::make_unique<Session>();
  } catch (const testing::AssertionException&) {
    throw;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    kill_descendants();
    std::_Exit(report_system_failure(error));
  }
}

Examination::~Examination() = default;

const Trace& Examination::trace() const { return session_->trace(); }

void Examination::fail_damaged(const std::string& reason) { session_->fail_damaged(reason); }

mp::Message Examination::exchange(const mp::Message& request, const CallOptions& options) {
  return session_->exchange(request, options);
}

void Examination::expect_no_processes_and_files() {
  const auto& leftovers = session_->leftovers();
  for (const auto pid : leftovers.processes()) {
    const auto process = mp::detail::read_process(pid);
    if (!process) continue;
    const bool ended = mp::detail::has_ended(*process);
    fail(ended ? "Expected: no process is left over when your function returns.\nSeen: '" +
                     process->name + "' has ended but was never waited for, so it is a zombie.\n" +
                     "Join every process that you start: join(), or waitpid()."
               : "Expected: no process is left over when your function returns.\nSeen: '" +
                     process->name + "' is still running.\n" +
                     "Join every process that you start, or end it before you return.");
  }
  if (const auto files = leftovers.files(); !files.empty())
    fail("Expected: no file is left over when your function returns.\nSeen: " + listed(files) +
         "\nRemove what you create (remove, shm_unlink), on every path out of the function.");
}

std::set<std::string> Examination::open_descriptors() const {
  return session_->leftovers().descriptors();
}

void Examination::expect_descriptors(const std::set<std::string>& before) {
  const auto now = open_descriptors();
  if (now.size() <= before.size()) return;
  std::vector<std::string> added;
  std::ranges::set_difference(now, before, std::back_inserter(added));
  fail("Expected: a call leaves no descriptor open.\nSeen: " + std::to_string(before.size()) +
       " were open before, " + std::to_string(now.size()) + " after it. The new one is number " +
       added.front().substr(0, added.front().find(":[")) +
       ".\nClose both ends of every pipe, in the parent, too.");
}

}  // namespace harness
