#pragma once

#include <unistd.h>
#include <cstdio>
#include <string>
#include <benchmark/benchmark.h>

// The peer in Python.

namespace course {

/// A benchmark whose times are the seconds that a Python program prints; the program must not
/// contain '. Register it with UseManualTime(). The benchmark reports an error if the program
/// cannot run.
inline void python(benchmark::State& state, const std::string& program) {
  // The interpreter for which the distribution packages NumPy and others.
  const std::string python =
      ::access("/usr/bin/python3", X_OK) == 0 ? "/usr/bin/python3" : "python3";
  for (auto _ : state) {
    std::FILE* const pipe = ::popen((python + " -c '" + program + "' 2>/dev/null").c_str(), "re");
    double seconds = 0;
    if (!pipe || std::fscanf(pipe, "%lf", &seconds) != 1)
      state.SkipWithError("python3 or a required module is missing");
    if (pipe) ::pclose(pipe);
    state.SetIterationTime(seconds);
  }
}

}  // namespace course
