#include <algorithm>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/timing.hpp>
#include <mp/process.hpp>

// Amdahl's law: the serial part takes as long as before; only the rest is divided.
double predicted_speed_up(double serial, int processes) {
  return 1 / (serial + (1 - serial) / processes);
}

// Adds up a series and discards the sum. The next chapter shows how to get values back.
void work(double terms) {
  double sum = 0;
  for (double k = 0; k < terms; ++k) sum += 1 / ((4 * k + 1) * (4 * k + 3));
  [[maybe_unused]] volatile double result = sum;  // keeps the compiler from removing the loop
}

void work_in_processes(double terms, double serial, int processes) {
  work(terms * serial);
  std::vector<mp::Process> workers;
  for (int i = 0; i < processes; ++i) workers.emplace_back(work, terms * (1 - serial) / processes);
  for (auto& worker : workers) worker.join();
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  double terms = 2e8, serial = 0.2;
  int processes = std::clamp(mp::cpu_count(), 4, 8);
  std::string plot;
  lesson::parse(argc, argv, "How a serial part limits the speed-up, measured and predicted.",
                {{"--terms", terms, "the amount of work", 1.0, 1e15},
                 {"--serial", serial, "the fraction that cannot be divided", 0.0, 1.0},
                 {"--processes", processes, "measure with 1, 2, 3 … up to this many", 1, 1000},
                 lesson::plot(plot)});

  lesson::Series measured{"measured", {}}, predicted{"Amdahl's prediction", {}};
  double alone = 0;
  fmt::print("processes  seconds  speed-up  predicted\n");
  for (int n = 1; n <= processes; ++n) {
    // The best of three, because other programs can only make it slower.
    const double seconds = lesson::seconds([&] { work_in_processes(terms, serial, n); }, 3);
    if (n == 1) alone = seconds;
    measured.points.emplace_back(n, alone / seconds);
    fmt::print("{:9}  {:7.3f}  {:8.2f}  {:9.2f}\n", n, seconds, alone / seconds,
               predicted_speed_up(serial, n));
  }
  for (int n = 1; n <= std::max(processes, 16); ++n)
    predicted.points.emplace_back(n, predicted_speed_up(serial, n));
  lesson::draw({"Amdahl's law", "processes", "speed-up", {predicted, measured}}, plot);
  fmt::print("Amdahl's law assumes a processor for each process; you have {}.\n", mp::cpu_count());
  fmt::print("{} processes are {:.2f} times as fast as one; the limit is {:g} times\n", processes,
             measured.points.back().second, 1 / serial);
}
