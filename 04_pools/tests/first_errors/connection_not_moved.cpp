// First error: Write std::move(argument) to give it to the process
#include <mp/pipe.hpp>
#include <mp/process.hpp>

void answer(mp::Connection parent) { parent.send(1); }

void make_mistake() {
  auto [here, there] = mp::pipe();
  mp::Process process{answer, there};
}
