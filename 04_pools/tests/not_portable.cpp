#include <vector>

#include <mp/pool.hpp>

// Does not compile, on purpose. There are four mistakes and four errors.

struct Address {
  int* pointer;
};
struct Place {
  int* pointer;
};

void make_mistakes(mp::Pool& pool, int factor) {
  const std::vector numbers{1, 2, 3};
  const std::vector<int> products = pool.map([&](int x) { return factor * x; }, numbers);
  const int pointed = pool.apply([](Address to) { return *to.pointer; }, Address{&factor});
  const std::vector<int> next = pool.map_async([](int& x) { return ++x; }, numbers).get();
  for (const Place place : pool.imap([](int) { return Place{}; }, numbers))
    factor += *place.pointer;
}
