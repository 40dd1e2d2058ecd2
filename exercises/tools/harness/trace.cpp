#include <map>

#include <harness/trace.hpp>

namespace harness {

std::set<pid_t> Trace::processes() const {
  std::set<pid_t> found;
  for (const auto& event : events) found.insert(event.process);
  return found;
}

std::vector<std::int64_t> Trace::shares() const {
  std::map<pid_t, std::int64_t> sums;
  for (const auto& event : events) sums[event.process] += event.numbers[0];
  std::vector<std::int64_t> result;
  for (const auto& [process, sum] : sums) result.push_back(sum);
  return result;
}

}  // namespace harness
