#include <poll.h>
#include <stdio_ext.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <ostream>

#include <mp/output.hpp>

// fflush(nullptr) would wait for the lock of every stream, even of standard input while a thread
// waits for a line. So each stream is checked; glibc has iterators for that, but no header.
extern "C" {  // NOLINTBEGIN(bugprone-reserved-identifier)
using StreamIterator = struct _IO_FILE*;
StreamIterator _IO_iter_begin();
StreamIterator _IO_iter_end();
StreamIterator _IO_iter_next(StreamIterator);
FILE* _IO_iter_file(StreamIterator);
void _IO_list_lock();
void _IO_list_unlock();
}  // NOLINTEND(bugprone-reserved-identifier)

namespace mp::detail {
namespace {

bool cout_was_bad = false;  // when this process was forked

// Holds the list of open streams; none is opened or closed meanwhile.
void for_each_stream(auto f) {
  ::_IO_list_lock();
  for (auto i = ::_IO_iter_begin(); i != ::_IO_iter_end(); i = ::_IO_iter_next(i))
    f(::_IO_iter_file(i));
  ::_IO_list_unlock();
}

// Like flockfile, which has no time limit.
bool lock_stream(FILE* stream, Deadline deadline) {
  while (::ftrylockfile(stream) != 0) {
    if (deadline && std::chrono::steady_clock::now() >= *deadline) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

// The first may have its own buffer, or write to the second.
void flush(std::ostream& stream, FILE* underneath, Deadline deadline) {
  if (!lock_stream(underneath, deadline)) return;
  try {
    stream.flush();
  } catch (...) {  // recorded in its state
  }
  ::funlockfile(underneath);
}

int flush(FILE* stream, Deadline deadline) {
  if (::__fpending(stream) == 0) return 0;
  if (!lock_stream(stream, deadline)) return EBUSY;
  const int error = ::fflush_unlocked(stream) == 0 ? 0 : errno;
  ::funlockfile(stream);
  return error;
}

void drop_inherited_output() {
  for_each_stream([](FILE* stream) {
    const bool is_file = ::fileno_unlocked(stream) != -1;  // not memory, which the child may read
    if (is_file && ::__fpending(stream) > 0) ::__fpurge(stream);
  });
  if (std::ferror(stdout)) {
    std::clearerr(stdout);
    std::cout.clear();
  }
  cout_was_bad = std::cout.bad();
}

}  // namespace

int flush_output(Deadline streams_in_use) {
  errno = 0;
  flush(std::cout, stdout, streams_in_use);
  int lost = std::cout.bad() && !cout_was_bad ? (errno != 0 ? errno : EIO) : 0;
  flush(std::clog, stderr, streams_in_use);
  for_each_stream([&](FILE* stream) {
    const int error = flush(stream, streams_in_use);
    if (lost == 0) lost = error;
  });
  return lost == 0 && std::ferror(stdout) ? EIO : lost;
}

void abandon_streams_in_use() {
  const auto deadline = deadline_after(std::chrono::milliseconds{10});  // printing takes less time
  for_each_stream([&](FILE* stream) {
    if (lock_stream(stream, deadline))
      ::funlockfile(stream);
    else
      ::__fsetlocking(stream, FSETLOCKING_BYCALLER);
  });
}

pid_t fork_process() {
  flush_output();
  const auto pid = check(::fork(), "fork");
  if (pid == 0) drop_inherited_output();
  return pid;
}

}  // namespace mp::detail
