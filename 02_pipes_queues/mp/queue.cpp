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
#include <string_view>
#include <system_error>
#include <utility>

#include <mp/queue.hpp>
#include <mp/robust_mutex.hpp>
#include <mp/timeline.hpp>

namespace mp::detail {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// The position of a chunk in its message; a small message has one chunk that is both.
constexpr std::uint32_t first = 1, last = 2;

struct Guard {
  RobustMutex& mutex;
  ~Guard() { mutex.unlock(); }
};

}  // namespace

// The state shared by all processes that use the queue.
struct MessageQueue::Shared {
  RobustMutex writing, reading;
  std::atomic<bool> closed{false};
  std::uint64_t mark = 0;  // a random number at the beginning of every header of this queue
};

// The header of a chunk, with space for a small value, which then needs no second read.
struct MessageQueue::Chunk {
  static constexpr std::size_t room = 16;
  std::uint64_t mark;
  std::uint32_t size;  // of the payload, which continues after the chunk if it is too large
  std::uint32_t position;
  std::array<char, room> payload;
};

MessageQueue::MessageQueue() : memory_{sizeof(Shared)} {
  auto& shared = *new (memory_.data()) Shared;
  check(::getrandom(&shared.mark, sizeof shared.mark, 0), "getrandom");
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

void MessageQueue::put(const Message& message) {
  if (!message.descriptors.empty())
    throw std::invalid_argument{"a queue cannot transfer descriptors; use a pipe"};
  auto& shared = this->shared();
  TimelineMessage recording{Step::waits_to_send, shared.mark};
  // If an earlier sender died in here, its message has no end, and readers discard it.
  shared.writing.lock();
  const Guard guard{shared.writing};
  if (shared.closed) throw QueueClosed{"cannot put: the queue is closed"};

  constexpr auto most = PIPE_BUF - offsetof(Chunk, payload);
  std::array<char, PIPE_BUF> buffer;
  std::string_view rest{message.bytes};
  std::uint32_t position = first;
  do {
    const auto size = std::min(rest.size(), most);
    if (size == rest.size()) position |= last;
    const Chunk chunk{shared.mark, static_cast<std::uint32_t>(size), position, {}};
    std::memcpy(buffer.data(), &chunk, sizeof chunk);
    std::memcpy(buffer.data() + offsetof(Chunk, payload), rest.data(), size);
    const auto total = std::max(sizeof chunk, offsetof(Chunk, payload) + size);
    check(retry([&] { return ::write(write_end_.get(), buffer.data(), total); }), "write");
    rest.remove_prefix(size);
    position = 0;
  } while (!rest.empty());
  recording.count();
}

void MessageQueue::close() {
  auto& shared = this->shared();
  shared.closed = true;
  // An empty chunk wakes the waiting readers. It is spliced from another pipe, because splice need
  // not block: if the queue's pipe is full, there is something to read, and no reader waits.
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
  // A chunk that was written at once can be read at once.
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
  if (chunk.position & first) bytes.clear();  // an earlier message has no end
  const auto here = std::min<std::size_t>(chunk.size, Chunk::room);
  bytes.append(chunk.payload.data(), here);
  if (const auto behind = chunk.size - here; behind > 0) {
    bytes.resize(bytes.size() + behind);
    read(bytes.data() + bytes.size() - behind, behind);
  }
  return true;
}

bool MessageQueue::nobody_is_putting() {
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
    if (!begun && closed && nobody_is_putting())
      throw QueueClosed{"nothing to get: the queue is closed and empty"};
    // A process is putting a message or the rest of one, unless it has just died.
    auto until = deadline;
    if (begun || (closed && (!until || *until > Clock::now() + 50ms))) until = deadline_after(50ms);
    if (read_chunk(chunk, message.bytes, until)) {
      begun = begun || (chunk.position & first);
      if (begun && (chunk.position & last)) {
        recording.count();
        return message;
      }
    } else if (begun) {
      begun = !nobody_is_putting();
    } else if (!closed || (deadline && Clock::now() >= *deadline)) {
      return std::nullopt;
    }
  }
}

}  // namespace mp::detail
