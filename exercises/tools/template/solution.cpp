#include <functional>
#include <stdexcept>
#include <vector>

#include "NAME.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

namespace {

// Changed: every worker adds up every `workers`-th number and puts its sum into the queue.
void work(mp::Queue<std::int64_t>& sums, std::int64_t count, int workers, int worker) {
  std::int64_t sum = 0;
  for (std::int64_t number = worker; number < count; number += workers) sum += square(number);
  sums.put(sum);
}

}  // namespace

std::int64_t NAME(std::int64_t count, int workers) {
  if (count < 0) throw std::invalid_argument{"the number of squares must not be negative"};
  if (workers < 1) throw std::invalid_argument{"there must be at least one worker"};

  mp::Queue<std::int64_t> sums;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back(work, std::ref(sums), count, workers, worker);
  std::int64_t sum = 0;
  for (int worker = 0; worker < workers; ++worker) sum += sums.get();
  return sum;
}
