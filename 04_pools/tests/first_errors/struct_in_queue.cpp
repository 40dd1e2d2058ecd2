// First error: needs a line such as  void serialize
#include <string>

#include <mp/queue.hpp>

struct Sensor {
  std::string name;
};

struct Measurement : Sensor {
  double celsius;
};

void make_mistake() {
  mp::Queue<Measurement> queue;
  queue.put(Measurement{{"roof"}, 20});
}
