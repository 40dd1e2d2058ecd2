#include <cstdlib>
#include <utility>

#include <mp/back_off.hpp>
#include <mp/cluster_worker.hpp>
#include <mp/outcome.hpp>
#include <mp/output.hpp>
#include <mp/pool_work.hpp>

namespace mp::detail {

void work_for_cluster(std::unique_ptr<MpiTransport> transport) {
  BackOff back_off;
  for (;;) {
    transport->advance();
    auto arrival = transport->receive();
    if (!arrival) {
      back_off.pause();
      continue;
    }
    back_off.reset();
    auto& frame = arrival->frame;
    if (frame.kind == FrameKind::end) break;
    Message chunk{.bytes = std::move(frame.bytes), .descriptors = {}}, reply;
    run_chunk(chunk, frame.calls, reply);
    flush_output();
    const bool is_initializer = frame.kind == FrameKind::initialise;
    if (is_initializer && reply.bytes.front() <= static_cast<char>(OutcomeStatus::numbers))
      continue;
    Frame answer{.kind = is_initializer ? FrameKind::initialise : FrameKind::reply,
                 .calls = frame.calls,
                 .number = frame.number,
                 .bytes = std::move(reply.bytes)};
    if (!reply.descriptors.empty()) {
      answer.kind = FrameKind::failure;
      answer.bytes =
          "a result holds a descriptor or shared memory, which cannot be sent to another machine";
    }
    transport->send(0, std::move(answer));
  }
  transport.reset();
  std::exit(0);
}

}  // namespace mp::detail
