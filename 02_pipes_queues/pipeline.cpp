#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/timing.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

// The time each stage takes for an item, in milliseconds.
struct Stages {
  int load, resize, save;
  int together() const { return load + resize + save; }
  int slowest() const { return std::max({load, resize, save}); }
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

  fmt::print("One after the other, an item takes {} ms: {:.0f} items per second\n",
             stages.together(), 1000.0 / stages.together());
  fmt::print("The slowest stage takes {} ms: never more than {:.0f} per second\n", stages.slowest(),
             1000.0 / stages.slowest());
  fmt::print("The pipeline: {:.0f} per second\n", run(stages, items));

  if (plot.empty()) return 0;
  lesson::Figure figure{
      "What a slow second stage does",
      "milliseconds in the second stage",
      "items per second",
      {{"the pipeline", {}}, {"the slowest stage alone", {}}, {"one after the other", {}}}};
  for (stages.resize = 1; stages.resize <= 10; ++stages.resize) {
    const std::array rates{run(stages, items), 1000.0 / stages.slowest(),
                           1000.0 / stages.together()};
    for (std::size_t i = 0; i < rates.size(); ++i)
      figure.series[i].points.emplace_back(stages.resize, rates[i]);
  }
  lesson::draw(figure, plot);
}
