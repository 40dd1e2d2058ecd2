#pragma once

#include <memory>

#include <mp/mpi_transport.hpp>

namespace mp::detail {

/// Runs the chunks that rank 0 sends until it says to stop, then ends this process.
[[noreturn]] void work_for_cluster(std::unique_ptr<MpiTransport> transport);

}  // namespace mp::detail
