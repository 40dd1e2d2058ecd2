#include <csignal>
#include <functional>
#include <mutex>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

// Money moves in two steps. In between some is missing, so no other process may look then.
struct Accounts {
  int savings, wallet;
};

void move_money(mp::Value<Accounts>& accounts) {
  const std::scoped_lock guard{accounts};
  accounts->savings -= 30;
  raise(SIGKILL);  // as the kernel does when memory runs out; no destructor runs
  accounts->wallet += 30;
}

void print(const char* when, const Accounts& accounts) {
  fmt::print("{}: savings {}, wallet {}\n", when, accounts.savings, accounts.wallet);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  lesson::parse(argc, argv, "A process is killed while it holds a lock; the next gets an error.");

  mp::Value<Accounts> accounts{Accounts{.savings = 100, .wallet = 0}};
  print("Before", *accounts);
  mp::Process victim{move_money, std::ref(accounts)};
  fmt::print("{} ended halfway with {}\n", victim.name(), to_string(victim.join()));

  // With an ordinary lock, every process would block forever from here on.
  try {
    const std::scoped_lock guard{accounts};
    return 1;  // a lock without this error would let us use half-changed data
  } catch (const mp::OwnerDied& error) {
    fmt::print("Main: {}\n", error.what());
  }

  // The error is reported once. Now the lock works again, and we must repair what it protects.
  const std::scoped_lock guard{accounts};
  print("Found", *accounts);
  accounts->savings = 100 - accounts->wallet;
  print("Repaired", *accounts);
}
