// First error: or std::ref(argument) to share it
#include <mp/lock.hpp>
#include <mp/process.hpp>

void use(mp::Lock lock) { lock.lock(); }

void make_mistake() {
  mp::Lock lock;
  mp::Process process{use, lock};
}
