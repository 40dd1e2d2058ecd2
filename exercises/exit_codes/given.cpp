#include <chrono>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "drawn_number.hpp"
#include "exit_codes.hpp"
#include <harness/trace_scope.hpp>

int do_job(const std::string& job) {
  const harness::TraceScope scope{number_of(job)};
  std::istringstream words{job};
  std::string kind, text;
  if (!(words >> kind >> text)) throw std::invalid_argument{"no such job: " + job};
  const int number = text.starts_with('?') ? drawn_number(kind, scope.secret()) : std::stoi(text);
  if (kind == "exit") return number;
  if (kind == "signal") std::raise(number);
  if (kind == "sleep") std::this_thread::sleep_for(std::chrono::seconds{number});
  return 0;
}
