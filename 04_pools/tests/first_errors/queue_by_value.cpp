// First error: or std::ref(argument) to share it
#include <mp/process.hpp>
#include <mp/queue.hpp>

void put_one(mp::Queue<int>& queue) { queue.put(1); }

void make_mistake() {
  mp::Queue<int> queue;
  mp::Process process{put_one, queue};
}
