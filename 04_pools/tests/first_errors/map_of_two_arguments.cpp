// First error: use .starmap. with tuples, or mp::partial
#include <vector>

#include <mp/pool.hpp>

int add(int a, int b) { return a + b; }

void make_mistake() {
  mp::Pool pool;
  pool.map(add, std::vector{1, 2});
}
