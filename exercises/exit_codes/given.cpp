#include <chrono>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "exit_codes.hpp"
#include <harness/trace_scope.hpp>

int do_job(const std::string& job) {
  const harness::TraceScope scope;
  std::istringstream words{job};
  std::string kind;
  int number = 0;
  if (!(words >> kind >> number)) throw std::invalid_argument{"no such job: " + job};
  if (kind == "exit") return number;
  if (kind == "signal") std::raise(number);
  if (kind == "sleep") std::this_thread::sleep_for(std::chrono::seconds{number});
  return 0;
}
