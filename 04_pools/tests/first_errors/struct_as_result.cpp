// First error: needs a line such as  void serialize
#include <vector>

#include <mp/pool.hpp>

struct Measurement {
  char sensor[8];
  double celsius;
};

Measurement measure(int) { return {}; }

void make_mistake() {
  mp::Pool pool;
  pool.map(measure, std::vector{1, 2});
}
