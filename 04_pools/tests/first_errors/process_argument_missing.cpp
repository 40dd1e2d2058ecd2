// First error: the function cannot be called with copies of these arguments
#include <mp/process.hpp>

void add(int, int) {}

void make_mistake() { mp::Process process{add, 1}; }
