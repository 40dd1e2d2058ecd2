#include <stdexcept>
#include <utility>
#include <vector>

#include "sine_approximation.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// Without a pool. One process takes the even terms, one the odd ones.
double sine_approximation(double x, int terms) {
  if (terms < 0) throw std::invalid_argument{"negative"};
  std::vector<mp::Connection> pipes;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < 2; ++worker) {
    auto [receive, send] = mp::one_way_pipe();
    processes.emplace_back(
        [=](mp::Connection to_main) {
          double sum = 0;
          for (int number = worker; number < terms; number += 2) sum += term(x, number);
          to_main.send(sum);
        },
        std::move(send));
    pipes.push_back(std::move(receive));
  }
  return pipes[0].recv<double>() + pipes[1].recv<double>();
}
