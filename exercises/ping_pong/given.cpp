#include "ping_pong.hpp"
#include <harness/work.hpp>

int hit(int packet) {
  const harness::Work work{packet};
  return packet + 1;
}
