#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/random.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <mp/futex.hpp>
#include <mp/queue.hpp>
#include <mp/robust_mutex.hpp>
#include <mp/timeline.hpp>
#include <mp/wait_label.hpp>

namespace mp::detail {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A chunk's place: whether it is the first or the last of its message (a small message's only chunk
// is both) and, above these two bits, the number of the message.
constexpr std::uint32_t first = 1, last = 2, one_message = 4;

struct Guard {
  RobustMutex& mutex;
  ~Guard() { mutex.unlock(); }
};

}  // namespace

// The state shared by all processes that use the queue.
//
// A message gets its number from `put`, and the process that has read it publishes that number in
// `taken`. So a count that a killed process left behind is corrected by the next message; and if
// none comes because the pipe is empty, all have been taken.
struct MessageQueue::Shared {
  static constexpr std::uint32_t waiting = 1, one = 2;

  explicit Shared(std::size_t max_size) : capacity{max_size} {}

  RobustMutex writing, reading;
  std::atomic<bool> closed{false};
  std::uint64_t mark = 0;      // a random number at the beginning of every header of this queue
  const std::size_t capacity;  // or `unbounded`
  std::atomic<std::uint32_t> put{0}, taken{0};  // in units of `one_message`
  SharedWord changes = 0;  // counts what a producer may wait for; lowest bit: one is waiting
  WaitLabel label{"space in a queue"};

  std::size_t size() const {
    const std::uint32_t before = taken;  // read first, because it follows the other
    return (put - before) / one_message;
  }
  void notify() {
    if (changes & waiting) add_and_wake(changes, one - waiting);
  }
};

// The header of a chunk, with space for a small value, which then needs no second read.
struct MessageQueue::Chunk {
  static constexpr std::size_t room = 16;
  std::uint64_t mark;
  std::uint32_t size;  // of the payload, which continues after the chunk if it is too large
  std::uint32_t place;
  std::array<char, room> payload;
};

std::size_t checked_capacity(std::size_t capacity) {
  if (capacity == 0 || capacity > MessageQueue::max_capacity)
    throw std::invalid_argument{"the capacity of a queue must be 1 to 2^29, not " +
                                std::to_string(capacity)};
  return capacity;
}

MessageQueue::MessageQueue(std::size_t capacity) : memory_{sizeof(Shared)} {
  auto& shared = *new (memory_.data()) Shared{capacity};
  check(retry([&] { return ::getrandom(&shared.mark, sizeof shared.mark, 0); }), "getrandom");
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC), "pipe2");
  read_end_ = FileDescriptor{ends[0]};
  write_end_ = FileDescriptor{ends[1]};
}

void MessageQueue::load(Reader& reader) {
  SharedMemory arrived;
  reader(arrived, read_end_, write_end_);
  if (arrived.size() < sizeof(Shared)) throw MessageError{"the message contains no queue"};
  memory_ = std::move(arrived);
}

MessageQueue::Shared& MessageQueue::shared() const {
  if (!memory_.data())
    throw std::system_error(EINVAL, std::generic_category(), "mp::Queue was moved");
  return *std::launder(reinterpret_cast<Shared*>(memory_.data()));
}

const std::atomic<bool>& MessageQueue::closed_flag() const { return shared().closed; }

bool MessageQueue::is_empty() const { return !wait_ready(read_end_, POLLIN, at_once); }

std::size_t MessageQueue::size() const {
  const auto size = shared().size();
  return is_empty() ? 0 : size;
}

// Call with `writing` locked. Waits until one more message fits into the queue.
bool MessageQueue::wait_for_space(const Deadline& deadline) {
  auto& shared = this->shared();
  const RenewedWait wait{deadline};
  for (bool in_vain = false; shared.size() >= shared.capacity;) {
    if ((in_vain || wait.is_over()) && is_empty()) {
      shared.taken =
          shared.put.load();  // taken by a process that was killed before it could publish this
      break;
    }
    const auto seen = shared.changes |= Shared::waiting;
    if (shared.closed) return true;
    if (shared.size() < shared.capacity) break;
    if (wait.is_over()) return false;
    in_vain = !wait.sleep_while(shared.changes, seen);
  }
  return true;
}

bool MessageQueue::put(const Message& message, const Deadline& deadline) {
  if (!message.descriptors.empty())
    throw std::invalid_argument{"a queue cannot transfer descriptors; use a pipe"};
  auto& shared = this->shared();
  TimelineMessage recording{Step::waits_to_send, shared.mark, deadline};
  // If an earlier sender died in here, its message has no end, and readers discard it.
  if (shared.writing.lock(deadline) == RobustMutex::Result::timed_out) return false;
  const Guard guard{shared.writing};
  const bool is_bounded = shared.capacity != unbounded;
  if (is_bounded && !shared.closed && !wait_for_space(deadline)) return false;
  if (shared.closed) throw QueueClosed{"cannot put: the queue is closed"};
  if (deadline && !wait_ready(write_end_, POLLOUT, deadline)) return false;

  constexpr auto max_payload = PIPE_BUF - offsetof(Chunk, payload);
  std::array<char, PIPE_BUF> buffer;
  std::string_view rest{message.bytes};
  const std::uint32_t number = shared.put;
  shared.put = number + one_message;
  std::uint32_t place = number | first;
  do {
    const auto size = std::min(rest.size(), max_payload);
    if (size == rest.size()) place |= last;
    const Chunk chunk{shared.mark, static_cast<std::uint32_t>(size), place, {}};
    std::memcpy(buffer.data(), &chunk, sizeof chunk);
    std::memcpy(buffer.data() + offsetof(Chunk, payload), rest.data(), size);
    const auto total = std::max(sizeof chunk, offsetof(Chunk, payload) + size);
    check(retry([&] { return ::write(write_end_.get(), buffer.data(), total); }), "write");
    rest.remove_prefix(size);
    place = number;
  } while (!rest.empty());
  recording.count();
  return true;
}

void MessageQueue::close() {
  auto& shared = this->shared();
  shared.closed = true;
  shared.notify();
  // An empty chunk wakes the waiting readers. It is spliced from another pipe, because splice need
  // not block. If the queue's pipe is full, there is something to read, and no reader waits.
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC), "pipe2");
  const FileDescriptor from{ends[0]}, to{ends[1]};
  const Chunk chunk{shared.mark, 0, 0, {}};
  check(retry([&] { return ::write(to.get(), &chunk, sizeof chunk); }), "write");
  const auto moved = retry([&] {
    return ::splice(from.get(), nullptr, write_end_.get(), nullptr, sizeof chunk,
                    SPLICE_F_NONBLOCK);
  });
  if (moved == -1 && errno != EAGAIN) check(moved, "splice");
}

// Reads one chunk and appends its payload; returns false when the deadline has passed.
bool MessageQueue::read_chunk(Chunk& chunk, std::string& bytes, Deadline deadline) {
  // A chunk that was written in one piece can be read in one piece.
  const auto read = [&](char* data, std::size_t size) {
    return static_cast<std::size_t>(
        check(retry([&] { return ::read(read_end_.get(), data, size); }), "read"));
  };
  std::array<char, sizeof(Chunk)> window;
  for (std::size_t filled = 0;;) {
    if (deadline && !wait_ready(read_end_, POLLIN, deadline)) return false;
    filled += read(window.data() + filled, window.size() - filled);
    if (filled < window.size()) continue;
    std::memcpy(&chunk, window.data(), sizeof chunk);
    if (chunk.mark == shared().mark) break;
    // A reader died in the middle of a chunk; skip to the beginning of the next one.
    std::copy(window.begin() + 1, window.end(), window.begin());
    --filled;
  }
  if (chunk.place & first) bytes.clear();  // an earlier message has no end
  const auto here = std::min<std::size_t>(chunk.size, Chunk::room);
  bytes.append(chunk.payload.data(), here);
  if (const auto behind = chunk.size - here; behind > 0) {
    bytes.resize(bytes.size() + behind);
    read(bytes.data() + bytes.size() - behind, behind);
  }
  return true;
}

bool MessageQueue::no_process_is_putting() {
  auto& shared = this->shared();
  if (shared.writing.try_lock() == RobustMutex::Result::timed_out) return false;
  const Guard guard{shared.writing};
  return is_empty();
}

std::optional<Message> MessageQueue::get(Deadline deadline) {
  auto& shared = this->shared();
  TimelineMessage recording{Step::waits_to_receive, shared.mark, deadline};
  if (shared.reading.lock(deadline) == RobustMutex::Result::timed_out) return std::nullopt;
  const Guard guard{shared.reading};

  Message message;
  Chunk chunk;
  bool begun = false;
  for (;;) {
    const bool closed = shared.closed;
    if (!begun && closed && no_process_is_putting())
      throw QueueClosed{"nothing to get: the queue is closed and empty"};
    // A process is putting a message or the rest of one, unless it has just died.
    auto until = deadline;
    if (begun || (closed && (!until || *until > Clock::now() + 50ms))) until = deadline_after(50ms);
    if (read_chunk(chunk, message.bytes, until)) {
      begun = begun || (chunk.place & first);
      if (begun && (chunk.place & last)) {
        shared.taken = (chunk.place & ~(first | last)) + one_message;
        shared.notify();
        recording.count();
        return message;
      }
    } else if (begun) {
      begun = !no_process_is_putting();
    } else if (!closed || (deadline && Clock::now() >= *deadline)) {
      return std::nullopt;
    }
  }
}

}  // namespace mp::detail
