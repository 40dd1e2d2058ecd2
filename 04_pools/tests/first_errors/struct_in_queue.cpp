// First error: For a struct, add a line such as  void serialize
#include <string>

#include <mp/queue.hpp>

struct Measurement {
  std::string sensor;
  double celsius;
};

void make_mistake() {
  mp::Queue<Measurement> queue;
  queue.put({"roof", 20});
}
