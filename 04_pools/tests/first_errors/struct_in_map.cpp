// First error: For a struct, add a line such as  void serialize
#include <string>
#include <vector>

#include <mp/pool.hpp>

struct Measurement {
  std::string sensor;
  double celsius;
};

double kelvin(Measurement measured) { return measured.celsius + 273.15; }

void make_mistake() {
  mp::Pool pool;
  pool.map(kelvin, std::vector<Measurement>{{"roof", 20}});
}
