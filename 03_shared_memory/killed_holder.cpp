#include <csignal>
#include <functional>
#include <mutex>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

// Money moves in two steps. In between, some is missing: nobody else may look then.
struct Accounts {
  int savings, wallet;
};
constexpr int all = 100;

void move_money(mp::Value<Accounts>& accounts, int amount, bool killed) {
  const std::scoped_lock guard{accounts};
  accounts->savings -= amount;
  if (killed) raise(SIGKILL);  // as the kernel does when memory runs out: no destructor runs
  accounts->wallet += amount;
}

void print(const char* when, const Accounts& accounts) {
  fmt::print("{}: savings {}, wallet {}\n", when, accounts.savings, accounts.wallet);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int amount = 30;
  lesson::parse(argc, argv, "A process is killed while it holds a lock: an error, not a hang.",
                {{"--amount", amount, "how much it moves", 1, all}});

  mp::Value<Accounts> accounts{Accounts{.savings = all, .wallet = 0}};
  print("Before", *accounts);
  mp::Process victim{move_money, std::ref(accounts), amount, true};
  fmt::print("{} is ended in the middle by {}\n", victim.name(), to_string(victim.join()));

  // With an ordinary lock, everybody would wait for ever from here on.
  try {
    const std::scoped_lock guard{accounts};
    return 1;  // a lock that says nothing is no use: all would go on with what is half-changed
  } catch (const mp::OwnerDied& error) {
    fmt::print("Main: {}\n", error.what());
  }

  // It was told once. Now the lock works as before; what it protects is for us to mend.
  {
    const std::scoped_lock guard{accounts};
    print("Found", *accounts);
    accounts->savings = all - accounts->wallet;
    print("Mended", *accounts);
  }
  mp::Process{move_money, std::ref(accounts), amount, false}.join();
  const std::scoped_lock guard{accounts};
  print("Moved by another process", *accounts);
}
