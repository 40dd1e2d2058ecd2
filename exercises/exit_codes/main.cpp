#include <cstddef>
#include <string>
#include <vector>
#include <fmt/core.h>

#include "exit_codes.hpp"
#include <lesson/arguments.hpp>
#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  double limit = 1;
  lesson::parse(argc, argv, "Runs jobs in processes and reports how each ended.",
                {{"--limit", limit, "how many seconds a job may take", 0.0, 3600.0}});

  const std::vector<std::string> jobs{"exit 0", "exit 3", "signal 9", "sleep 60"};
  const auto codes = exit_codes(jobs, limit);
  for (std::size_t i = 0; i < codes.size(); ++i)
    fmt::print("{}: {}\n", jobs[i], codes[i] ? std::to_string(*codes[i]) : "took too long");
}
