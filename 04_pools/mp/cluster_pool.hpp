#pragma once

#include <string>
#include <vector>

#include <mp/pool.hpp>

namespace mp {

struct ClusterOptions {
  Initializer initializer{};  ///< called by every worker before its first task
};

/// A pool whose workers may be on other machines: the ranks of an Open MPI run. After
/// `MPIPoolExecutor` and `mpi4py.util.pool` of mpi4py.
///
///     mpirun -n 9 --hostfile hosts ./program
///
///     int main(int argc, char** argv) {
///       mp::init(argc, argv);      // rank 0 goes on; the other ranks work here until it ends
///       mp::ClusterPool pool;      // eight workers
///       const std::vector<double> roots = pool.map(root, numbers);
///     }
///
/// Without mpirun, or as the only rank, it is a pool of this machine, as mp::Pool. What can be done
/// with it is in mp/pool_calls.hpp. All ranks must run the same executable; another one is refused.
///
/// Values travel between machines, memory and descriptors do not: a queue, a lock or a shared array
/// as an argument throws CannotTravel, and as a result, too. An exception in a task becomes
/// RemoteError, whose `worker` is such as "rank 3 on node7". When a rank dies, Open MPI ends the
/// whole run: mp::Memory keeps what was done until then.
class ClusterPool : public detail::PoolCalls {
 public:
  explicit ClusterPool(const ClusterOptions& options = {});

  /// The machine of each worker.
  std::vector<std::string> hosts() const;
};

}  // namespace mp
