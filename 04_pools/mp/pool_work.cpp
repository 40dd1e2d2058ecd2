#include <mp/pool_work.hpp>

namespace mp::detail {

void run_chunk(Message& chunk, std::uint32_t calls, Message& reply) {
  try {
    Reader reader{chunk};
    CodePointer<RunChunk> run;
    reader(run);
    run.pointer(reader, reply, calls);
  } catch (...) {  // the function or an argument cannot be read
    write_error(reply, OutcomeStatus::all_failed);
  }
}

}  // namespace mp::detail
