#include <sys/socket.h>

#include <mp/worker_channel.hpp>
#include <mp/worker_error.hpp>

namespace mp::detail {

using namespace std::chrono_literals;

void WorkerChannel::send(std::uint64_t position, const std::string& bytes,
                         std::vector<int> descriptors) {
  outgoing_.emplace(position, bytes, std::move(descriptors));
  send_more();
}

void WorkerChannel::send_more() {
  try {
    while (has_more_to_send()) {
      if (!outgoing_->send(socket(), MSG_DONTWAIT)) return;
      if (outgoing_->is_done()) outgoing_.reset();
    }
  } catch (const BrokenPipe&) {
    outgoing_.reset();  // the sentinel will report its end
  } catch (...) {       // such as a descriptor closed meanwhile; the rest will never arrive
    outgoing_.reset();
    kill(std::current_exception());
  }
}

void WorkerChannel::close() {
  socket_.close();
  if (!deadline_) deadline_ = Clock::now() + 1s;
}

void WorkerChannel::kill(const std::exception_ptr& reason) {
  if (!failure_) failure_ = reason;
  deadline_.reset();
  process_.kill();
}

std::exception_ptr WorkerChannel::join() {
  // A process of the fork server may outlive the server, if that was killed.
  if (!process_.join_for(Seconds::zero())) process_.kill();
  const auto status = process_.join();
  if (failure_) return failure_;
  return std::make_exception_ptr(WorkerDied{name(), process_.pid(), status});
}

std::optional<WorkerChannel::Arrival> WorkerChannel::receive(
    const std::function<bool(const TransferHeader&)>& is_expected) {
  if (is_closed()) return std::nullopt;
  try {
    for (bool known = incoming_.has_header();;) {
      const auto state = incoming_.receive(socket(), MSG_DONTWAIT);
      if (state == Incoming::State::nothing) return std::nullopt;
      if (state == Incoming::State::end) {
        close();
        return std::nullopt;
      }
      if (!known && incoming_.has_header() && !(known = is_expected(incoming_.header())))
        throw MessageError{name() + " was killed: a task wrote to its socket"};
      if (state == Incoming::State::whole)
        return Arrival{incoming_.header().position, incoming_.take()};
    }
  } catch (...) {
    kill(std::current_exception());
    socket_.close();
    return std::nullopt;
  }
}

}  // namespace mp::detail
