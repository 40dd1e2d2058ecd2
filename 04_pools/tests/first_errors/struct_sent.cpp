// First error: For a struct, add a line such as  void serialize
#include <string>

#include <mp/pipe.hpp>

struct Measurement {
  std::string sensor;
  double celsius;
};

void make_mistake() {
  auto [here, there] = mp::pipe();
  here.send(Measurement{"roof", 20});
}
