// First error: For a struct, add a line such as  void serialize
#include <string>
#include <vector>

#include <mp/pool.hpp>

struct Measurement {
  std::string sensor;
  double celsius;
};

Measurement measure(int) { return {}; }

void make_mistake() {
  mp::Pool pool;
  pool.map(measure, std::vector{1, 2});
}
