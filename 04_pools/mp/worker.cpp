#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <new>
#include <span>
#include <string_view>

#include <mp/frame.hpp>
#include <mp/idle_handler.hpp>
#include <mp/pool_work.hpp>
#include <mp/start.hpp>
#include <mp/worker.hpp>

namespace mp::detail {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto patience = 50us;                // before answers are sent, though more are to come
constexpr std::size_t kept_memory = 64 << 20;  // of a message, for the next one

// Collects answers, to send many with one system call.
class Outbox {
 public:
  Outbox(const FileDescriptor& socket, Blackboard& board) : socket_{socket}, board_{board} {}

  // False when the pool is gone.
  bool post(const Message& answer) {
    const auto size = answer.bytes.size();
    if (size > board_.answers.size() || !answer.descriptors.empty()) {
      if (!flush()) return false;
      end_ += size;
      board_.begin.store(end_);  // none of this is to be had from the board
      board_.end.store(end_);
      return send(answer.bytes, answer.descriptors);
    }
    if (size > board_.answers.size() - held() && !flush()) return false;
    std::memcpy(board_.answers.data() + held(), answer.bytes.data(), size);
    end_ += size;
    board_.end.store(end_, std::memory_order_release);
    return Clock::now() - last_flush_ < patience || flush();
  }

  bool flush() {
    last_flush_ = Clock::now();
    if (held() == 0) return true;
    if (!send({board_.answers.data(), held()}, {})) return false;
    board_.begin.store(end_);
    std::atomic_thread_fence(std::memory_order_release);  // only then what was there is overwritten
    return true;
  }

 private:
  std::size_t held() const { return end_ - board_.begin.load(std::memory_order_relaxed); }

  bool send(std::string_view bytes, std::span<const FileDescriptor> descriptors) {
    flush_output();  // what a task has printed comes out before its result
    for (std::size_t sent = 0; sent < bytes.size();) {
      const auto part = send_part(socket_, bytes, descriptors, sent, 0);
      if (part == -1) return false;
      sent += static_cast<std::size_t>(part);
    }
    return true;
  }

  const FileDescriptor& socket_;
  Blackboard& board_;
  std::uint64_t end_ = 0;
  Clock::time_point last_flush_;
};

// Makes the calls of a chunk.
void answer(Message& chunk, std::uint32_t calls, Message& answer) {
  const auto start = Clock::now();
  begin_frame(answer);
  Message outcomes;
  run_chunk(chunk, calls, outcomes);
  answer.bytes += outcomes.bytes;
  answer.descriptors = std::move(outcomes.descriptors);
  constexpr auto most = std::int64_t{skipped - 1};
  end_frame(answer, 0, static_cast<std::uint32_t>(std::min((Clock::now() - start) / 1ns, most)));
}

void clear(Message& message) {
  message.bytes.clear();
  message.descriptors.clear();
  if (message.bytes.capacity() > kept_memory) message.bytes.shrink_to_fit();
}

// When the parent ends, so does this. SIGINT does nothing here, but it is not ignored, or programs
// that a task starts would ignore it, too.
void leave_ctrl_c_to_the_parent() {
  struct sigaction before {};
  ::sigaction(SIGINT, nullptr, &before);
  if (before.sa_handler != SIG_IGN) install_idle_handler(SIGINT);
}

}  // namespace

void work(ExclusiveDescriptor socket, SharedMemory& blackboards, std::size_t slot) {
  leave_ctrl_c_to_the_parent();
  auto& board = std::launder(reinterpret_cast<Blackboard*>(blackboards.data()))[slot];
  FrameReader incoming;
  Outbox outgoing{socket.get(), board};
  Message chunk, reply;
  std::uint32_t calls = 0;
  std::uint64_t begun = 0;
  for (;;) {
    while (!incoming.next(chunk, calls)) {
      if (!outgoing.flush()) return;
      if (incoming.read(socket.get(), 0) == FrameReader::State::data) continue;
      std::signal(SIGALRM, SIG_DFL);
      ::alarm(1);  // whatever exit handlers do, this ends
      return;
    }
    board.begun = ++begun;
    // The pool may have given it to another worker, if this one was long at the one before.
    if (begun > board.revoked_from && begun <= board.revoked_to) {
      begin_frame(reply);
      end_frame(reply, 0, skipped);
    } else {
      answer(chunk, calls, reply);
    }
    if (!outgoing.post(reply)) return;
    clear(chunk);
    clear(reply);
  }
}

}  // namespace mp::detail
