// First error: needs a line such as  void serialize
#include <vector>

#include <mp/pool.hpp>

class Measurement {
 public:
  double kelvin() const { return celsius_ + 273.15; }

 private:
  double celsius_ = 20;
};

double kelvin(Measurement measured) { return measured.kelvin(); }

void make_mistake() {
  mp::Pool pool;
  pool.map(kelvin, std::vector<Measurement>(3));
}
