// First error: needs a line such as  void serialize
#include <mp/pipe.hpp>

struct Measurement {
  char sensor[8];
  double celsius;
};

void make_mistake() {
  auto [here, there] = mp::pipe();
  here.recv<Measurement>();
}
