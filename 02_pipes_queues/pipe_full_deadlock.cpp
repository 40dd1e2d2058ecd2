#include <sys/socket.h>
#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>
#include <mp/watchdog.hpp>

using Letter = std::vector<char>;

// Returns how many bytes a pipe holds before a sender blocks, by filling one that no process reads.
std::size_t measure_capacity() {
  const auto [receiver, sender] = mp::pipe();
  const Letter piece(16'384);
  std::size_t held = 0;
  for (;;) {
    const auto sent = ::send(sender.descriptor().get(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (sent == -1) return held;
    held += static_cast<std::size_t>(sent);
  }
}

void send_first(mp::Connection other, std::size_t size) {
  other.send(Letter(size));
  const auto letter = other.recv<Letter>();
  fmt::print("  {} sent, then received {} bytes\n", mp::this_process::name(), letter.size());
}

void receive_first(mp::Connection other, std::size_t size) {
  const auto letter = other.recv<Letter>();
  other.send(Letter(size));
  fmt::print("  {} received {} bytes, then sent\n", mp::this_process::name(), letter.size());
}

// Alice sends first. What does Bob do?
void run_alice(void (*run_bob)(mp::Connection, std::size_t), std::size_t size, double patience) {
  const mp::Watchdog watchdog{std::chrono::duration<double>{patience}};
  auto [alice, bob] = mp::pipe();
  const mp::Process process{{.name = "Bob"}, run_bob, std::move(bob), size};
  send_first(std::move(alice), size);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  double patience = 1;
  lesson::parse(argc, argv, "Two processes send each other more than the pipe holds.",
                {{"--patience", patience, "how many seconds the watchdog waits", 0.0, 3600.0}});

  const auto capacity = measure_capacity();
  fmt::print("A pipe holds {} bytes.\n", capacity);
  const auto exchange = [&](const char* title, auto run_bob, std::size_t size) {
    fmt::print("{}, {} bytes:\n", title, size);
    mp::Process alice{{.name = "Alice"}, run_alice, run_bob, size, patience};
    fmt::print("  Alice ended with {}\n", mp::to_string(alice.join()));
  };
  exchange("Both send first", send_first, capacity / 4);  // so it works in a small test
  exchange("Both send first", send_first, 2 * capacity);
  exchange("The fix: one receives first", receive_first, 2 * capacity);
}
