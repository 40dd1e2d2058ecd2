#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include <mp/chunk_queue.hpp>
#include <mp/timeline.hpp>

namespace mp::detail {
namespace {

// The board holds work for about this time. More would only wait longer.
constexpr double seconds_ahead = 500e-6;
constexpr std::size_t many_chunks = 64;
constexpr double short_chunk = 50e-6;
constexpr std::size_t max_ahead = 256;        // chunks for each worker
constexpr std::size_t bytes_ahead = 1 << 19;  // of all chunks, unless there are fewer than workers

}  // namespace

ChunkQueue::ChunkQueue(TaskBoard board)
    : board_{board}, entries_(board.settings().cells), free_areas_(board.areas()) {
  std::iota(free_areas_.rbegin(), free_areas_.rend(), 0);
}

void ChunkQueue::submit(const std::shared_ptr<BatchState>& batch, Chunk chunk) {
  Entry entry{.batch = batch,
              .number = batch->submit(),
              .calls = chunk.calls,
              .size = chunk.message.bytes.size(),
              .bytes = std::move(chunk.message.bytes),
              .descriptors = {}};
  bytes_ += entry.size;
  if (error_) return answer(entry, {.error = error_});
  if (!chunk.message.descriptors.empty())
    entry.descriptors = descriptors_.share(std::move(chunk.message.descriptors));
  waiting_.push_back(std::move(entry));
  fill(chunk.others_follow ? many_chunks : 1);
}

void ChunkQueue::answer(Entry& entry, Reply reply) {
  bytes_ -= entry.size;
  reply.chunk = entry.number;
  reply.calls = entry.calls;
  entry.batch->answer(std::move(reply));
  std::exchange(entry, Entry{});  // an assignment would keep the memory of the bytes
}

// ---- To the board ----

// Returns false when the board is full.
bool ChunkQueue::place(Entry& waiting) {
  if (on_board_.size() == board_.settings().cells) return false;
  while (board_.word(next_).state != CellState::free) ++next_;  // skips cells that take a long time
  auto& cell = board_.cell(next_);
  cell.area = Cell::no_area;
  cell.announced = !waiting.descriptors.empty() || waiting.size > TaskBoard::area_size;
  if (!cell.announced && waiting.size > Cell::room) {
    if (!free_areas_.empty()) {
      cell.area = free_areas_.back();
      free_areas_.pop_back();
    } else if (board_.unclaimed() >= board_.settings().workers) {
      return false;  // the workers have enough work
    } else {
      cell.announced = true;
    }
  }
  cell.size = waiting.size;
  cell.calls = waiting.calls;
  if (!cell.announced) {
    std::memcpy(board_.bytes(cell, cell.size), waiting.bytes.data(), cell.size);
    std::exchange(waiting.bytes, {});
  }
  entry(next_) = std::move(waiting);
  on_board_.push_back(next_);
  record_task(Step::gives_task, board_.on_timeline(), TaskBoard::number_on_timeline(next_));
  cell.word.store(CellWord{CellState::ready, 0, next_}.encode(), std::memory_order_release);
  board_.publish(++next_);
  return true;
}

// Wakes workers only when at least `worth_waking` chunks are unclaimed.
void ChunkQueue::fill(std::size_t worth_waking) {
  bool placed = false;
  for (; !waiting_.empty() && place(waiting_.front()); placed = true) waiting_.pop_front();
  if (placed && board_.unclaimed() >= worth_waking) wake_workers();
}

void ChunkQueue::wake_workers() const {
  // Wakes each at most once, because a woken worker may sleep again before the others wake.
  for (auto left = std::min(board_.unclaimed(), board_.asleep()); left > 0; --left)
    board_.wake_one();
}

// ---- From the board ----

void ChunkQueue::collect(std::span<const std::string> names) {
  // Chunks are claimed in order, so none is claimed after the first unclaimed one.
  auto kept = on_board_.begin(), next = kept;
  for (; next != on_board_.end(); ++next) {
    const auto word = board_.word(*next);
    if (word.state == CellState::ready) break;
    if (word.state == CellState::answered)
      take(*next, names[word.worker]);
    else
      *kept++ = *next;
  }
  on_board_.erase(kept, next);
}

void ChunkQueue::take(std::uint64_t position, const std::string& name) {
  auto& cell = board_.cell(position);
  auto& batch = *entry(position).batch;
  const double seconds = cell.nanoseconds * 1e-9;
  auto& average = batch.seconds;
  if (average < 0)
    average = seconds;
  else if (seconds < average)
    average += (seconds - average) / 2;
  else  // other programs may have used the processor meanwhile
    average += (std::min(seconds, 8 * average) - average) / 8;
  last_seconds_ = average;
  Reply reply{.worker = name};
  if (const auto* const bytes = board_.bytes(cell, cell.size))
    reply.message.bytes.assign(bytes, cell.size);
  else
    reply.error = std::make_exception_ptr(MessageError{"a worker's reply is damaged"});
  record_result(position);
  free_cell(position);
  answer(entry(position), std::move(reply));
}

void ChunkQueue::record_result(std::uint64_t position) const {
  record_task(Step::takes_result, board_.on_timeline(), TaskBoard::number_on_timeline(position));
}

void ChunkQueue::free_cell(std::uint64_t position) {
  auto& cell = board_.cell(position);
  if (cell.area != Cell::no_area) free_areas_.push_back(cell.area);
  cell.word.store(CellWord{CellState::free, 0, position}.encode(), std::memory_order_release);
}

// ---- Through sockets ----

std::vector<ChunkQueue::Request> ChunkQueue::take_requests() {
  std::vector<Request> requests;
  for (const auto position : on_board_) {
    const auto word = board_.word(position);
    if (word.state == CellState::ready) break;
    auto& asked = entry(position);
    if (word.state != CellState::claimed || !board_.cell(position).announced) continue;
    if (std::exchange(asked.requested, true)) continue;
    auto& request = requests.emplace_back(Request{word.worker, position, asked.bytes, {}});
    for (const auto& descriptor : asked.descriptors)
      request.descriptors.push_back(descriptor->get());
  }
  return requests;
}

bool ChunkQueue::is_expected(std::size_t worker, std::uint64_t position,
                             std::uint64_t bytes) const {
  const auto word = board_.word(position);
  return word.state == CellState::delivered && word.worker == worker && word.position == position &&
         board_.cell(position).size == bytes;
}

void ChunkQueue::deliver(std::uint64_t position, Message message, const std::string& name) {
  std::erase(on_board_, position);
  record_result(position);
  free_cell(position);
  answer(entry(position), {.message = std::move(message), .worker = name});
}

// ---- Ends ----

bool ChunkQueue::has_claimed(std::size_t worker) const {
  return std::ranges::any_of(on_board_, [&](std::uint64_t position) {
    const auto word = board_.word(position);
    return word.state != CellState::ready && word.worker == worker;
  });
}

void ChunkQueue::fail_claimed(std::size_t worker, const std::exception_ptr& error) {
  std::erase_if(on_board_, [&](std::uint64_t position) {
    const auto word = board_.word(position);
    if (word.worker != worker ||
        (word.state != CellState::claimed && word.state != CellState::delivered))
      return false;
    free_cell(position);
    answer(entry(position), {.error = error});
    return true;
  });
}

void ChunkQueue::fail_claimed(const std::exception_ptr& error) {
  for (const auto position : on_board_) answer(entry(position), {.error = error});
  on_board_.clear();
}

void ChunkQueue::withdraw_if(const auto& condition, const std::exception_ptr& error) {
  std::erase_if(on_board_, [&](std::uint64_t position) {
    if (!condition(entry(position)) || !board_.withdraw(position)) return false;
    free_cell(position);
    answer(entry(position), {.error = error});
    return true;
  });
  std::erase_if(waiting_, [&](Entry& waiting) {
    if (!condition(waiting)) return false;
    answer(waiting, {.error = error});
    return true;
  });
}

void ChunkQueue::fail_pending(const std::exception_ptr& error, bool from_now_on) {
  if (from_now_on) error_ = error;
  withdraw_if([](const Entry&) { return true; }, error);
}

void ChunkQueue::cancel(const std::shared_ptr<BatchState>& batch) {
  batch->cancel();
  withdraw_if([&](const Entry& entry) { return entry.batch == batch; }, nullptr);
  fill();
}

bool ChunkQueue::is_flowing() const {
  return last_seconds_ < short_chunk && board_.unclaimed() > board_.settings().workers;
}

bool ChunkQueue::wants_more(const BatchState& batch, std::size_t unused) const {
  const auto workers = board_.settings().workers;
  if (unused < 2 * workers) return true;
  if (error_ || batch.seconds < 0 || bytes_ > bytes_ahead) return false;
  const auto each = std::min(seconds_ahead / std::max(batch.seconds, 1e-9), double{max_ahead});
  return unused < 2 * workers * (1 + static_cast<std::size_t>(each));
}

}  // namespace mp::detail
