#include <sched.h>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include <mp/cpu_share.hpp>
#include <mp/process.hpp>

namespace mp {
namespace {

namespace fs = std::filesystem;

int affinity_count() {
  // A machine may have more processors than fit into a cpu_set_t.
  for (std::size_t processors = CPU_SETSIZE; processors <= 1 << 20; processors *= 2) {
    cpu_set_t* const set = CPU_ALLOC(processors);
    const auto size = CPU_ALLOC_SIZE(processors);
    const int count = ::sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
  return 1;
}

// "max" and -1 mean no limit. A quota that cannot be read is 0, which means the same.
double in_processors(double quota, double period) {
  return quota > 0 && period > 0 ? quota / period : INFINITY;
}

double share_version_1(const fs::path& group) {
  double quota = 0, period = 0;
  std::ifstream{group / "cpu.cfs_quota_us"} >> quota;
  std::ifstream{group / "cpu.cfs_period_us"} >> period;
  return in_processors(quota, period);
}

double share_version_2(const fs::path& group) {
  double quota = 0, period = 0;
  std::ifstream{group / "cpu.max"} >> quota >> period;
  return in_processors(quota, period);
}

// Every ancestor group may have its own limit.
double smallest_share(double (*share)(const fs::path&), const fs::path& top, fs::path group) {
  double smallest = INFINITY;
  for (;; group = group.parent_path()) {
    smallest = std::min(smallest, share(top / group.relative_path()));
    if (!group.has_relative_path()) return smallest;
  }
}

}  // namespace

double detail::cpu_share(const fs::path& root) {
  double smallest = INFINITY;
  const auto limit_to = [&](double share) { smallest = std::min(smallest, share); };
  std::ifstream membership{root / "proc/self/cgroup"};
  const auto groups = root / "sys/fs/cgroup";
  // "HIERARCHY:CONTROLLER,CONTROLLER:GROUP"; version 2 has hierarchy 0 and names no controllers.
  for (std::string line; std::getline(membership, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) {
      limit_to(smallest_share(share_version_2, groups, group));
    } else if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
      limit_to(smallest_share(share_version_1, groups / controllers, group));
      limit_to(smallest_share(share_version_1, groups / "cpu", group));
    }
  }
  return smallest;
}

int cpu_count() {
  const double share = std::ceil(detail::cpu_share());
  const int processors = affinity_count();
  return share < processors ? std::max(1, static_cast<int>(share)) : processors;
}

}  // namespace mp
