#include <benchmark/benchmark.h>

#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
