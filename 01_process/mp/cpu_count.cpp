#include <sched.h>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include <mp/process.hpp>

namespace mp {
namespace {

namespace fs = std::filesystem;

int affinity_count() {
  // A machine may have more processors than a cpu_set_t has room for.
  for (std::size_t processors = CPU_SETSIZE; processors <= 1 << 20; processors *= 2) {
    cpu_set_t* const set = CPU_ALLOC(processors);
    const auto size = CPU_ALLOC_SIZE(processors);
    const int count = ::sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
  return 1;
}

// The processors' worth of time that control groups (version 2) leave to this process.
double group_share() {
  double share = INFINITY;
  std::ifstream membership{"/proc/self/cgroup"};
  for (std::string line; std::getline(membership, line);) {
    if (!line.starts_with("0::")) continue;
    // Every group on the way up may have a limit of its own.
    for (fs::path group = line.substr(3);; group = group.parent_path()) {
      std::ifstream limit{"/sys/fs/cgroup" / group.relative_path() / "cpu.max"};
      double quota = 0, period = 0;  // "max 100000" leaves quota unread
      if (limit >> quota >> period && period > 0) share = std::min(share, quota / period);
      if (!group.has_relative_path()) break;
    }
  }
  return share;
}

}  // namespace

int cpu_count() {
  const double share = std::ceil(group_share());
  const int processors = affinity_count();
  return share < processors ? std::max(1, static_cast<int>(share)) : processors;
}

}  // namespace mp
