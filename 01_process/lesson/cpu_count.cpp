#include <cstdio>

#include <mp/process.hpp>

// Prints how many processors this process may use. (nproc ignores control groups.)

int main() { std::printf("%d\n", mp::cpu_count()); }
