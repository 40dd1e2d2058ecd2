#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

#include <mp/descriptor_passing.hpp>
#include <mp/idle_handler.hpp>
#include <mp/outcome.hpp>
#include <mp/output.hpp>
#include <mp/pool_work.hpp>
#include <mp/task_board.hpp>
#include <mp/timeline.hpp>
#include <mp/transfer.hpp>
#include <mp/worker.hpp>

namespace mp::detail {

void (*on_worker_step)(WorkerStep) = nullptr;

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kept_memory = 64 << 20;  // larger buffers are freed after a message
constexpr auto socket_check_interval = 100us;

void clear(Message& message) {
  message.bytes.clear();
  message.descriptors.clear();
  if (message.bytes.capacity() > kept_memory) message.bytes.shrink_to_fit();
}

void step(WorkerStep where) {
  if (on_worker_step) [[unlikely]]
    on_worker_step(where);
}

class Worker {
 public:
  Worker(const FileDescriptor& socket, const FileDescriptor& bell, const TaskBoard& board,
         std::size_t number)
      : socket_{socket}, bell_{bell}, board_{board}, number_{number} {
    const auto max_calls = board_.settings().max_calls;
    calls_left_ = max_calls > 0 ? max_calls : std::numeric_limits<std::uint64_t>::max();
    own_socket_ = identify_socket();
  }

  void run() {
    if (board_.settings().has_initializer && !initialise()) return;
    board_.set_ready(number_);
    while (calls_left_ > 0) {
      const auto position = next_claim();
      if (!position || !run(*position)) return;
      if (now_ - looked_at_ < socket_check_interval) continue;
      looked_at_ = now_;
      if (identify_socket() != own_socket_) return;  // a task closed it
    }
  }

 private:
  // The first chunk, which comes without a request. Only a failure is reported.
  bool initialise() {
    if (!receive()) return false;
    run_chunk(chunk_, 1, reply_);
    flush_output();
    const bool succeeded = reply_.bytes.front() <= static_cast<char>(OutcomeStatus::numbers);
    if (!succeeded) send(initializer_position, std::move(reply_));
    clear(chunk_);
    clear(reply_);
    return succeeded;
  }

  // Waits for a chunk. Returns empty when the board is closed.
  std::optional<std::uint64_t> next_claim() {
    std::optional<TimelineScope> recording;
    for (;; now_ = Clock::now()) {
      step(WorkerStep::idle);
      const auto seen = board_.published();
      if (const auto position = board_.claim(number_)) return position;
      if (!recording) recording.emplace(Step::waits_for_task);
      if (!spin_.spin([&] { return board_.has_news(seen); })) {
        flush_output();
        step(WorkerStep::asleep);
        board_.sleep(number_, seen);
      }
      if (board_.is_closed()) return std::nullopt;
    }
  }

  // Returns false when the pool is gone.
  bool run(std::uint64_t position) {
    step(WorkerStep::claimed);
    auto& cell = board_.cell(position);
    const auto calls = cell.calls;
    if (cell.announced) {
      board_.request([&] { wake_pool(); });
      if (!receive()) return false;
    } else if (const auto* const bytes = board_.bytes(cell, cell.size)) {
      chunk_.bytes.assign(bytes, cell.size);
    }
    step(WorkerStep::received);
    {
      const TimelineTask recording{board_.on_timeline(), TaskBoard::number_on_timeline(position)};
      run_chunk(chunk_, calls, reply_);
    }
    flush_output();  // output of a task appears before its result
    step(WorkerStep::done);
    calls_left_ -= std::min<std::uint64_t>(calls_left_, calls);
    const auto start = std::exchange(now_, Clock::now());
    constexpr std::int64_t max = std::numeric_limits<std::uint32_t>::max();
    cell.nanoseconds =
        static_cast<std::uint32_t>(std::min<std::int64_t>((now_ - start) / 1ns, max));
    const bool is_posted = post(cell, position);
    clear(chunk_);
    clear(reply_);
    return is_posted;
  }

  bool post(Cell& cell, std::uint64_t position) {
    cell.size = reply_.bytes.size();
    auto* const room = reply_.descriptors.empty() ? board_.bytes(cell, cell.size) : nullptr;
    if (room) std::memcpy(room, reply_.bytes.data(), cell.size);
    step(WorkerStep::written);
    const auto state = room ? CellState::answered : CellState::delivered;
    cell.word = CellWord{state, number_, position}.encode();
    if (!room) return send(position, std::move(reply_));
    step(WorkerStep::answered);
    board_.reply(position, [&] { wake_pool(); });
    step(WorkerStep::woke_pool);
    return true;
  }

  void wake_pool() {
    const std::uint64_t one = 1;
    retry([&] { return ::write(bell_.get(), &one, sizeof one); });
  }

  bool receive() {
    try {
      for (;;) {
        const auto state = incoming_.receive(socket_, 0);
        if (state == Incoming::State::end) return false;
        if (state == Incoming::State::whole) break;
      }
      chunk_ = incoming_.take();
      return true;
    } catch (const std::system_error&) {  // a task closed the socket
      return false;
    }
  }

  bool send(std::uint64_t position, Message message) {
    try {
      Outgoing outgoing{position, message.bytes, numbers_of(message.descriptors)};
      while (!outgoing.is_done()) {
        outgoing.send(socket_, 0);
        step(WorkerStep::delivering);
      }
      return true;
    } catch (const BrokenPipe&) {
      return false;
    } catch (const std::system_error&) {
      return false;
    }
  }

  // The identity of the socket, because a task may close it.
  std::pair<dev_t, ino_t> identify_socket() const {
    struct stat status {};
    if (::fstat(socket_.get(), &status) == -1) return {};
    return {status.st_dev, status.st_ino};
  }

  const FileDescriptor& socket_;
  const FileDescriptor& bell_;
  TaskBoard board_;
  std::size_t number_;
  std::uint64_t calls_left_ = 0;
  std::pair<dev_t, ino_t> own_socket_;
  Clock::time_point now_ = Clock::now(), looked_at_{};  // now_: the end of the last chunk
  SpinBudget spin_{board_.settings().may_spin ? 512U : 0U};
  Incoming incoming_;
  Message chunk_, reply_;
};

// This process ends with its parent. SIGINT does nothing here, but is not ignored, or programs that
// a task starts would ignore it, too.
void leave_ctrl_c_to_the_parent() {
  struct sigaction before {};
  ::sigaction(SIGINT, nullptr, &before);
  if (before.sa_handler != SIG_IGN) install_idle_handler(SIGINT);
}

}  // namespace

void work(ExclusiveDescriptor socket, ExclusiveDescriptor bell, SharedMemory& memory,
          std::size_t worker) {
  leave_ctrl_c_to_the_parent();
  Worker{socket.get(), bell.get(), TaskBoard{memory}, worker}.run();
  std::signal(SIGALRM, SIG_DFL);
  ::alarm(1);  // ends this process whatever exit handlers do
}

}  // namespace mp::detail
