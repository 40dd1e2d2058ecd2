#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <limits>
#include <string_view>
#include <utility>

#include <mp/frame.hpp>
#include <mp/pool_core.hpp>
#include <mp/start.hpp>
#include <mp/worker.hpp>

namespace mp::detail {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t full = 1 << 16;          // bytes of answers that are worth a write
constexpr auto patience = 50us;                // and the time after which fewer are
constexpr std::size_t kept_memory = 64 << 20;  // of a message, for the next one

bool send_all(const FileDescriptor& socket, std::string_view bytes,
              std::span<const FileDescriptor> descriptors = {}) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const auto part = send_part(socket, bytes, descriptors, sent, 0);
    if (part == -1) return false;  // the pool is gone
    sent += static_cast<std::size_t>(part);
  }
  return true;
}

// Makes the calls of a chunk, and writes an answer behind the others.
void answer(Message& chunk, std::uint32_t calls, Message& answers) {
  Writer writer{answers};
  const auto begin = answers.bytes.size();
  try {
    Reader reader{chunk};
    writer(true);
    Code<RunChunk> run;
    reader(run);
    run.pointer(reader, answers, writer, calls);
  } catch (...) {  // the chunk cannot be read
    answers.bytes.resize(begin);
    answers.descriptors.clear();
    writer(false);
    write_error(writer);
  }
}

void clear(Message& message) {
  message.bytes.clear();
  message.descriptors.clear();
  if (message.bytes.capacity() > kept_memory) message.bytes.shrink_to_fit();
}

}  // namespace

void work(ExclusiveDescriptor socket, SharedMemory& progress, std::size_t slot) {
  std::signal(SIGINT, SIG_IGN);  // Ctrl-C is for the parent; when that ends, so does this
  auto& begun = (reinterpret_cast<Progress*>(progress.data()) + slot)->begun;
  FrameReader incoming;
  Message chunk, answers;
  std::uint32_t calls = 0;
  for (auto last_write = Clock::now();;) {
    const auto write = [&](std::size_t size, std::span<const FileDescriptor> descriptors = {},
                           std::size_t from = 0) {
      flush_output();
      return send_all(socket.get(), std::string_view{answers.bytes}.substr(from, size),
                      descriptors);
    };
    while (!incoming.next(chunk, calls)) {
      if (!answers.bytes.empty() && !write(answers.bytes.size())) return;
      clear(answers);
      if (incoming.read(socket.get(), 0) == FrameReader::State::end) {
        ::signal(SIGALRM, SIG_DFL);
        ::alarm(1);  // whatever exit handlers do, this ends
        return;
      }
      last_write = Clock::now();
    }
    begun.fetch_add(1, std::memory_order_release);
    const auto start = Clock::now();
    const auto begin = answers.bytes.size();
    begin_frame(answers);
    answer(chunk, calls, answers);
    clear(chunk);
    const auto now = Clock::now();
    constexpr auto most = std::int64_t{std::numeric_limits<std::uint32_t>::max()};
    end_frame(answers, begin, static_cast<std::uint32_t>(std::min((now - start) / 1ns, most)));
    if (answers.bytes.size() < full && now - last_write < patience && answers.descriptors.empty())
      continue;
    if (answers.descriptors.empty()) {
      if (!write(answers.bytes.size())) return;
    } else {  // a frame with descriptors is sent on its own
      if (!write(begin) || !write(std::string_view::npos, answers.descriptors, begin)) return;
    }
    clear(answers);
    last_write = now;
  }
}

}  // namespace mp::detail
