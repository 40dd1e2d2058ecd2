#include <mpi.h>
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>

#include <mp/mpi_transport.hpp>
#include <mp/program_file.hpp>

// A small frame is one MPI message. A large one is announced by its header, and its bytes follow in
// messages small enough for MPI's counts, which are of type int.

namespace mp::detail {
namespace {

constexpr int frame_tag = 1, part_tag = 2;
constexpr std::size_t max_inline = 1 << 16, max_part = 1 << 30;

struct FrameHeader {
  FrameKind kind;
  std::uint32_t calls;
  std::uint64_t number, size;
};

// Returns 0 if the executable cannot be read.
std::uint64_t executable_hash() {
  try {
    return program_hash();
  } catch (const std::exception&) {
    return 0;
  }
}

struct Introduction {
  std::array<char, MPI_MAX_PROCESSOR_NAME> host{};
  std::uint64_t executable = 0;
};

}  // namespace

struct MpiTransport::Sending {
  std::string head, bytes;
  std::vector<MPI_Request> requests;
};

bool MpiTransport::is_available() {
  const auto number = [](const char* name) {
    const char* const text = std::getenv(name);
    return text ? std::atoi(text) : 0;
  };
  if (number("OMPI_COMM_WORLD_SIZE") > 1) return true;            // mpirun
  return std::getenv("PMIX_RANK") && number("SLURM_NTASKS") > 1;  // srun --mpi=pmix
}

MpiTransport::MpiTransport() {
  int provided = 0, size = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (provided < MPI_THREAD_SERIALIZED)
    throw std::runtime_error{"this MPI library does not support threads"};

  Introduction own;
  int length = 0;
  MPI_Get_processor_name(own.host.data(), &length);
  own.executable = executable_hash();
  std::vector<Introduction> all(static_cast<std::size_t>(size));
  MPI_Allgather(&own, sizeof own, MPI_BYTE, all.data(), sizeof own, MPI_BYTE, MPI_COMM_WORLD);
  for (const auto& rank : all) hosts_.emplace_back(rank.host.data());
  const auto other = std::ranges::find_if(
      all, [&](const auto& rank) { return rank.executable != all.front().executable; });
  if (other == all.end()) return;
  if (rank_ == 0) {
    std::fprintf(stderr,
                 "mp::ClusterPool: rank %td on %s runs a different executable than rank 0 on %s\n",
                 other - all.begin(), other->host.data(), all.front().host.data());
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Barrier(MPI_COMM_WORLD);  // rank 0 ends this
}

MpiTransport::~MpiTransport() {
  while (!advance()) continue;
  MPI_Finalize();
}

void MpiTransport::send(int rank, Frame frame) {
  auto& sending = sending_.emplace_back();
  const FrameHeader header{frame.kind, frame.calls, frame.number, frame.bytes.size()};
  sending.head.assign(reinterpret_cast<const char*>(&header), sizeof header);
  const auto begin = [&](const char* data, std::size_t size, int tag) {
    MPI_Isend(data, static_cast<int>(size), MPI_BYTE, rank, tag, MPI_COMM_WORLD,
              &sending.requests.emplace_back());
  };
  if (header.size <= max_inline) {
    sending.head += frame.bytes;
    return begin(sending.head.data(), sending.head.size(), frame_tag);
  }
  sending.bytes = std::move(frame.bytes);
  begin(sending.head.data(), sending.head.size(), frame_tag);
  for (std::size_t sent = 0; sent < header.size; sent += max_part)
    begin(sending.bytes.data() + sent, std::min(max_part, header.size - sent), part_tag);
}

bool MpiTransport::advance() {
  std::erase_if(sending_, [](Sending& sending) {
    int done = 0;
    MPI_Testall(static_cast<int>(sending.requests.size()), sending.requests.data(), &done,
                MPI_STATUSES_IGNORE);
    return done != 0;
  });
  return sending_.empty();
}

std::optional<MpiTransport::Arrival> MpiTransport::receive() {
  int found = 0, size = 0;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, frame_tag, MPI_COMM_WORLD, &found, &status);
  if (!found) return std::nullopt;
  MPI_Get_count(&status, MPI_BYTE, &size);
  const int rank = status.MPI_SOURCE;
  std::string bytes(static_cast<std::size_t>(size), '\0');
  MPI_Recv(bytes.data(), size, MPI_BYTE, rank, frame_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  FrameHeader header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  bytes.erase(0, sizeof header);
  if (header.size > max_inline) {
    bytes.resize(header.size);
    for (std::size_t have = 0; have < header.size; have += max_part)
      MPI_Recv(bytes.data() + have, static_cast<int>(std::min(max_part, header.size - have)),
               MPI_BYTE, rank, part_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  }
  return Arrival{rank, {header.kind, header.calls, header.number, std::move(bytes)}};
}

}  // namespace mp::detail
