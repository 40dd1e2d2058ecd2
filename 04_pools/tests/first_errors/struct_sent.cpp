// First error: needs a line such as  void serialize
#include <string>
#include <utility>

#include <mp/pipe.hpp>

struct Measurement {
  explicit Measurement(std::string name = "") : sensor{std::move(name)} {}
  std::string sensor;
  double celsius = 20;
};

void make_mistake() {
  auto [here, there] = mp::pipe();
  here.send(Measurement{"roof"});
}
