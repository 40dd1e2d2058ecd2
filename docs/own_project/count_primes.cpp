#include <iostream>
#include <numeric>
#include <vector>

#include <mp/pool.hpp>
#include <mp/process.hpp>
#include <mp/version.hpp>

bool is_prime(int n) {
  for (int i = 2; i * i <= n; ++i)
    if (n % i == 0) return false;
  return n > 1;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);  // spawned workers begin here
  std::vector<int> numbers(100'000);
  std::iota(numbers.begin(), numbers.end(), 0);

  mp::Pool pool{{.start_method = mp::StartMethod::spawn}};
  int primes = 0;
  for (const bool prime : pool.map(is_prime, numbers)) primes += prime ? 1 : 0;
  std::cout << primes << " primes below 100000, counted with mp " << mp::version << '\n';
}
