#include "chaos.hpp"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "random_program.hpp"
#include <leftovers.hpp>
#include <mp/pipe.hpp>

namespace course {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Clock = std::chrono::steady_clock;
using mp::Process;

constexpr auto time_limit = 300s;

// Sends signals only to processes that descend from `host`, even if pids were reused.
class Assailant {
 public:
  Assailant(std::uint64_t seed, pid_t host) : random_{seed}, host_{host} {}
  Assailant(const Assailant&) = delete;
  ~Assailant() {
    for (const auto& process : stopped_) send(process, SIGCONT);
  }

  void strike(Chaos& chaos) {
    const auto all = descendants(host_);
    if (all.empty()) return;
    const auto pid =
        all[static_cast<std::size_t>(draw(random_, 0, static_cast<int>(all.size()) - 1))];
    mp::FileDescriptor process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    if (!process || !std::ranges::count(descendants(host_), pid)) return;
    if (draw(random_, 0, 2) > 0) {
      if (send(process, SIGSTOP)) ++chaos.stops, stopped_.push_back(std::move(process));
    } else if (chaos.kills < max_kills && !is_server(pid)) {
      if (send(process, SIGKILL)) ++chaos.kills;
    }
  }

  void pause() {
    std::this_thread::sleep_for(std::chrono::microseconds{draw(random_, 100, 5'000)});
    if (stopped_.empty() || draw(random_, 0, 1) == 0) return;
    send(stopped_.back(), SIGCONT);
    stopped_.pop_back();
  }

 private:
  static constexpr std::size_t max_kills = 6;  // after more, a pool rightly gives up

  static bool send(const mp::FileDescriptor& process, int signal) {
    return ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
  }

  // Without the fork server, the program cannot learn how its children end.
  static bool is_server(pid_t pid) {
    std::string name;
    std::getline(std::ifstream{"/proc/" + std::to_string(pid) + "/comm"}, name);
    return name == "ForkServer";
  }

  Random random_;
  pid_t host_;
  std::vector<mp::FileDescriptor> stopped_;
};

}  // namespace

Chaos run_chaos(std::uint64_t seed, mp::StartMethod method) {
  mp::check(::prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl");  // to find what is left over
  Chaos chaos;
  auto [here, there] = mp::pipe();
  Process host{[&, connection = std::move(there)]() mutable {
    std::string problem;
    try {
      Process{{.start_method = method}, [] {}}.join();  // starts the fork server
      connection.send("ready"s);
      run_random_program(seed, method);
    } catch (const std::exception& error) {
      problem = error.what();
    }
    connection.send(problem);
  }};
  const auto end = Clock::now() + time_limit;
  here.recv<std::string>();
  {
    Assailant assailant{seed, host.pid()};
    while (!here.poll(0s) && Clock::now() < end) {
      assailant.pause();
      assailant.strike(chaos);
    }
  }
  try {
    if (!here.poll(end - Clock::now())) {
      chaos.problems.push_back("hangs");
    } else if (const auto problem = here.recv<std::string>(); !problem.empty()) {
      chaos.problems.push_back(problem);
    }
  } catch (const mp::EndOfFile&) {
    chaos.problems.push_back("crashed: " + to_string(host.join()));
  }
  if (!host.join_for(time_limit)) chaos.problems.push_back("does not end"), host.kill();
  host.join();
  const auto none_left = [] {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    return descendants().empty();
  };
  if (!eventually(none_left)) {
    chaos.problems.push_back("processes are left over");
    for (const auto pid : descendants()) ::kill(pid, SIGKILL);
  }
  return chaos;
}

}  // namespace course
