// First error: use a function, a lambda without captures, or mp::partial
#include <vector>

#include <mp/pool.hpp>

void make_mistake(int factor) {
  mp::Pool pool;
  pool.map([factor](int x) { return factor * x; }, std::vector{1, 2});
}
