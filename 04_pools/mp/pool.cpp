#include <mp/local_engine.hpp>
#include <mp/pool.hpp>

// The path of a task:
//
//     the program                          shared memory               a worker
//
//     map, apply … encode_chunk
//       |  Engine::submit
//       v
//     ChunkQueue: waits -- fill ---------> TaskBoard: ready
//       |                                    |   ^------- sleeps while nothing is ready
//       |                                    | claim ---> Worker::run
//       |                                    v              |  run_chunk: decodes, calls, encodes
//       | <-- take_requests --------------- claimed         |
//       | --- WorkerChannel::send -------------- socket --> |  what does not fit on the board
//       |                                    |              v
//       | <-- collect --------------------- answered <--- post
//       | <-- WorkerChannel::receive -------- delivered, socket, if it does not fit
//       v
//     BatchState: replies
//       |  Engine::next
//       v
//     Collector, LazyResults, AsyncResult: OutcomeReader decodes
//
// When a worker ends, Supervisor starts another, and ChunkQueue answers what it had claimed.

mp::Pool::Pool(const PoolOptions& options) : PoolCalls{detail::LocalEngine::start(options)} {}
