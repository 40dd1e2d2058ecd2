#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include <mp/pool.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

// The toolkit in a shared library. A program that knows nothing about it loads this library and
// calls `run`.

namespace {

int square(int x) { return x * x; }

}  // namespace

extern "C" int run() {
  try {
    mp::Queue<int> queue;
    mp::Process process{[&] { queue.put(42); }};
    std::printf("queue: %d, process: %s\n", queue.get(), to_string(process.join()).c_str());

    mp::Pool pool{2};
    std::printf("pool:");
    for (const int result : pool.map(square, {1, 2, 3})) std::printf(" %d", result);
    std::printf("\n");
  } catch (const std::exception& error) {
    std::printf("error: %s\n", error.what());
    return EXIT_FAILURE;
  }
  try {
    mp::Process{{.start_method = mp::StartMethod::spawn}, [] {}};
  } catch (const std::exception& error) {
    std::printf("spawn: %s\n", error.what());
  }
  return EXIT_SUCCESS;
}
