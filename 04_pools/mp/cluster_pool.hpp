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
///       mp::init(argc, argv);      // rank 0 returns; the other ranks work here until it ends
///       mp::ClusterPool pool;      // eight workers
///       const std::vector<double> roots = pool.map(root, numbers);
///     }
///
/// Without mpirun, or as the only rank, it is a pool of this machine, like mp::Pool. Its calls are
/// in mp/pool_calls.hpp. All ranks must run the same executable; another one is rejected.
///
/// Values travel between machines; memory and descriptors do not. A queue, a lock or a shared array
/// as an argument or result throws CannotTravel. An exception in a task becomes RemoteError, with a
/// `worker` such as "rank 3 on node7". When a rank dies, Open MPI ends the whole run; mp::Memory
/// can keep finished results.
class ClusterPool : public detail::PoolCalls {
 public:
  explicit ClusterPool(const ClusterOptions& options = {});

  /// Returns the machine of each worker.
  std::vector<std::string> hosts() const;
};

}  // namespace mp
