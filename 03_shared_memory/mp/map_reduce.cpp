#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <mp/map_reduce.hpp>
#include <mp/timeline.hpp>
#include <mp/value.hpp>

namespace mp {
namespace {

using namespace std::chrono_literals;

constexpr auto none = std::numeric_limits<std::size_t>::max();

struct Progress {
  alignas(64) std::atomic<std::size_t> next{0};        // the next chunk to take
  alignas(64) std::atomic<std::size_t> awaited{none};  // the chunk that the parent waits for
};

// What the parent reads when a worker has ended.
struct Report {
  enum class End { early, finished, exception };
  std::atomic<End> end;
  char type[1 << 10], text[1 << 16];
};

struct Loop {
  std::size_t count, chunk_size, chunks;
  const std::function<void(const Chunk&)>& work;
  const std::function<void(std::size_t)>& reduce;
};

// One run of a loop. The workers are forked in the constructor, so members that they share with the
// parent are declared before them.
class Run {
 public:
  Run(const Loop& loop, std::size_t workers)
      : loop_{loop}, reports_(workers), done_(loop.reduce ? loop.chunks : 0) {
    for (std::size_t i = 0; i < workers; ++i)
      workers_.emplace_back(ProcessOptions{.name = "Worker-" + std::to_string(i + 1),
                                           .start_method = StartMethod::fork,
                                           .daemon = true,
                                           .shares_connections = true},
                            [this, i] { work(reports_[i]); });
    running_ = workers;
  }

  void reduce_in_order() {
    for (std::size_t number = 0; number < done_.size(); ++number) {
      // Announce first, then look. A worker does the opposite, so one of the two notices the other.
      progress_->awaited = number;
      while (!done_[number]) wait_for_news();
      loop_.reduce(number);
    }
  }

  void join() {
    while (running_ > 0) wait_for_news();
  }

 private:
  void work(Report& report) {
    try {
      for (;;) {
        const auto number = progress_->next.fetch_add(1, std::memory_order_relaxed);
        if (number >= loop_.chunks) break;
        const auto begin = number * loop_.chunk_size;
        const auto size = std::min(loop_.chunk_size, loop_.count - begin);
        {
          const detail::TimelineScope recording{detail::Step::works};
          loop_.work({number, begin, begin + size});
        }
        if (loop_.reduce) hand_in(number);
      }
      report.end = Report::End::finished;
    } catch (...) {
      progress_->next = loop_.chunks;  // the others must not begin another chunk
      const auto error = RemoteError::current();
      error.type.copy(report.type, sizeof report.type - 1);
      error.text.copy(report.text, sizeof report.text - 1);
      report.end = Report::End::exception;
    }
  }

  void hand_in(std::size_t number) {
    done_[number] = true;
    if (progress_->awaited != number) return;
    constexpr std::uint64_t one = 1;
    check(retry([&] { return ::write(news_.get(), &one, sizeof one); }), "write(eventfd)");
  }

  // Waits until the awaited chunk is done or workers have ended; throws if one has failed.
  void wait_for_news() {
    const detail::TimelineScope recording{detail::Step::waits_for_child};
    std::vector<pollfd> polled{{news_.get(), POLLIN, 0}};
    for (auto& worker : workers_)  // poll skips -1
      polled.push_back({worker.pid() != 0 ? worker.sentinel().get() : -1, POLLIN, 0});
    check(retry([&] { return ::poll(polled.data(), polled.size(), -1); }), "poll");
    if (polled[0].revents != 0) {
      std::uint64_t count = 0;
      check(retry([&] { return ::read(news_.get(), &count, sizeof count); }), "read(eventfd)");
    }
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      if (polled[i + 1].revents == 0) continue;
      const auto status = workers_[i].join();
      if (!status.success() || reports_[i].end != Report::End::finished) fail(i);
      workers_[i] = Process{};
      --running_;
    }
  }

  // Ends all workers and throws what has happened. A worker that died may have made others throw,
  // by leaving a lock locked, so look for the dead first.
  [[noreturn]] void fail(std::size_t first) {
    for (auto& worker : workers_)
      if (worker.pid() != 0) worker.terminate();
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      auto& worker = workers_[i];
      if (worker.pid() == 0) continue;
      const bool obeyed = worker.join_for(1s);
      if (!obeyed) worker.kill();
      const auto status = worker.join();
      const bool stopped_here = i != first && (!obeyed || status.signal == SIGTERM);
      const auto end = reports_[i].end.load();
      const bool in_order = status.success() && end != Report::End::early;
      if (!stopped_here && !in_order) throw WorkerDied{worker.name(), worker.pid(), status};
      if (end == Report::End::exception && reports_[first].end != end) first = i;
    }
    throw RemoteError{reports_[first].type, reports_[first].text, workers_[first].name()};
  }

  const Loop& loop_;
  Value<Progress> progress_;
  Array<Report> reports_;                                             // one for each worker
  Array<std::atomic<bool>> done_;                                     // one for each chunk
  FileDescriptor news_{check(::eventfd(0, EFD_CLOEXEC), "eventfd")};  // the awaited chunk is done
  std::vector<Process> workers_;                                      // a joined worker has no pid
  std::size_t running_ = 0;
};

}  // namespace

MapReduce::MapReduce(int workers) : workers_{workers} {
  if (workers < 1) throw std::invalid_argument{"mp::MapReduce: at least one worker is needed"};
}

std::size_t MapReduce::chunk_count(std::size_t count, std::size_t chunk_size) {
  if (chunk_size == 0) throw std::invalid_argument{"mp::MapReduce: the chunk size cannot be 0"};
  return count / chunk_size + (count % chunk_size != 0);
}

void MapReduce::run(std::size_t count, std::size_t chunk_size,
                    const std::function<void(const Chunk&)>& work,
                    const std::function<void(std::size_t)>& reduce) {
  const Loop loop{count, chunk_size, chunk_count(count, chunk_size), work, reduce};
  try {
    Run run{loop, std::min(static_cast<std::size_t>(workers_), loop.chunks)};
    run.reduce_in_order();
    run.join();
  } catch (...) {
    // A worker may have died in the critical section. Report that now, not in the next run.
    try {
      if (critical_.try_lock()) critical_.unlock();
    } catch (const OwnerDied&) {
    }
    throw;
  }
}

}  // namespace mp
