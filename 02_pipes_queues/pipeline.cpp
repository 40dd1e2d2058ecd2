#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/timing.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

// The time each stage takes for an item, in milliseconds.
struct Stages {
  int load, resize, save;
  double serial_rate() const { return 1000.0 / (load + resize + save); }  // items per second
  double slowest_rate() const { return 1000.0 / std::max({load, resize, save}); }
};

// Sleeping stands in for work, so that the numbers are the same on every machine.
void work(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
}

void load(mp::Queue<int>& loaded, int items, int milliseconds) {
  for (int item = 0; item < items; ++item) {
    work(milliseconds);
    loaded.put(item);
  }
  loaded.close();
}

// Each stage ends when the one before it has closed its queue; then it closes its own.
void resize(mp::Queue<int>& loaded, mp::Queue<int>& resized, int milliseconds) {
  for (const int item : loaded) {
    work(milliseconds);
    resized.put(item);
  }
  resized.close();
}

// Returns how many items come out per second.
double run(const Stages& stages, int items) {
  const double seconds = lesson::seconds([&] {
    mp::Queue<int> loaded, resized;
    mp::Process first{load, std::ref(loaded), items, stages.load};
    mp::Process second{resize, std::ref(loaded), std::ref(resized), stages.resize};
    for ([[maybe_unused]] const int item : resized) work(stages.save);  // the last stage runs here
  });
  return items / seconds;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int items = 50;
  Stages stages{.load = 2, .resize = 6, .save = 3};
  std::string plot;
  lesson::parse(argc, argv, "Three stages and two queues; the slowest stage sets the rate.",
                {{"--items", items, "how many items to process", 1, 100'000},
                 {"--load", stages.load, "milliseconds the first stage takes for an item", 1, 1000},
                 {"--resize", stages.resize, "the same for the second stage", 1, 1000},
                 {"--save", stages.save, "the same for the third stage", 1, 1000},
                 lesson::start_method(),
                 lesson::plot(plot)});

  fmt::print("One after the other: at most {:.0f} items per second\n", stages.serial_rate());
  fmt::print("The slowest stage alone: at most {:.0f} items per second\n", stages.slowest_rate());
  fmt::print("The pipeline: {:.0f} items per second\n", run(stages, items));

  if (plot.empty()) return 0;
  lesson::Series pipeline{"the pipeline", {}}, slowest{"the slowest stage alone", {}};
  lesson::Series serial{"one after the other", {}};
  for (stages.resize = 1; stages.resize <= 10; ++stages.resize) {
    pipeline.points.emplace_back(stages.resize, run(stages, items));
    slowest.points.emplace_back(stages.resize, stages.slowest_rate());
    serial.points.emplace_back(stages.resize, stages.serial_rate());
  }
  const std::vector lines{pipeline, slowest, serial};
  lesson::draw({"What a slow second stage does", "milliseconds in the second stage",
                "items per second", lines},
               plot);
}
