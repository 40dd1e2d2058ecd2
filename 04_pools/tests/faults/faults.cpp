#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>
#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "chaos.hpp"
#include "judge.hpp"
#include "programs.hpp"
#include "tracer.hpp"

// Runs short programs in which system calls fail, are interrupted or do only part of their work,
// and random programs whose processes are killed, stopped and continued. Each must end in time,
// with the right result or an error that the toolkit documents, and leave nothing behind.

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using course::Fault;
using course::Place;
using mp::StartMethod;

// A run takes less than a second, but a busy machine may stall for a minute.
constexpr auto time_limit = 300s;
constexpr std::array methods{StartMethod::fork, StartMethod::spawn, StartMethod::forkserver};
constexpr std::array method_names{"fork", "spawn", "forkserver"};

struct Campaign {
  std::string self;
  std::uint64_t seed = 1;
  std::map<std::string, std::size_t> faults;
  std::size_t runs = 0, kills = 0, stops = 0, problems = 0;

  void report(const std::string& what, const std::vector<std::string>& reasons,
              const std::string& output = {}) {
    ++problems;
    fmt::print("\n{}\n", what);
    for (const auto& reason : reasons) fmt::print("  {}\n", reason);
    if (!output.empty()) fmt::print("  {}\n", output);
    std::fflush(stdout);
  }
};

std::vector<std::string> command(const Campaign& campaign, const course::Program& program,
                                 std::size_t method) {
  return {campaign.self, "--program", program.name, "--method", method_names[method]};
}

// Runs a program with the faults that `choose` chooses, and judges how it ended.
void run_traced(Campaign& campaign, const course::Program& program, std::size_t method,
                const course::Choose& choose, const std::string& what) {
  const auto traced = course::trace(command(campaign, program, method), choose, time_limit);
  ++campaign.runs;
  for (const auto& [fault, count] : traced.faults) campaign.faults[fault] += count;
  auto problems = traced.problems;
  if (!traced.status)
    problems.push_back("ended by a signal");
  else if (*traced.status != course::right && *traced.status != course::documented)
    problems.push_back("exit status " + std::to_string(*traced.status));
  else if (*traced.status == course::documented && !traced.was_harmed)
    problems.push_back("an error, though every fault was harmless");
  if (!problems.empty())
    campaign.report(fmt::format("--only {}, {}: {}", program.name, method_names[method], what),
                    problems, traced.output);
}

struct Target {
  std::size_t program = 0, method = 0;
  Place place;
  std::uint64_t call = 0;
  Fault fault;
};

// Returns every place of every program, with every fault that can happen there.
std::vector<Target> all_targets(Campaign& campaign, const std::string& only) {
  std::vector<Target> targets;
  for (std::size_t program = 0; program < course::programs().size(); ++program) {
    if (!only.empty() && only != course::programs()[program].name) continue;
    const std::size_t count = course::programs()[program].only_forks ? 1 : methods.size();
    for (std::size_t method = 0; method < count; ++method) {
      run_traced(
          campaign, course::programs()[program], method,
          [&](const Place& place, const course::SystemCall& call, const auto& possible) {
            for (const auto& fault : possible)
              targets.push_back({program, method, place, call.number, fault});
            return std::optional<Fault>{};
          },
          "without a fault");
    }
  }
  return targets;
}

void fail_one_call(Campaign& campaign, const Target& target) {
  run_traced(
      campaign, course::programs()[target.program], target.method,
      [&](const Place& place, const auto&, const auto& possible) {
        // Another run may make another call at this place, which may not have this fault.
        if (place != target.place || !std::ranges::count(possible, target.fault))
          return std::optional<Fault>{};
        return std::optional{target.fault};
      },
      fmt::format("--at {} {} {} {}  ({})", method_names[target.method], target.place.task,
                  target.place.call, to_string(target.fault), course::name_of_call(target.call)));
}

// Interrupts or shortens many calls; the results must still be right.
void disturb(Campaign& campaign, std::size_t program, std::size_t method, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  run_traced(
      campaign, course::programs()[program], method,
      [&](const Place&, const course::SystemCall& call, const auto& possible) {
        std::vector<Fault> harmless;
        for (const auto& fault : possible)
          if (is_harmless(fault, call.number)) harmless.push_back(fault);
        if (harmless.empty() || random() % 3 != 0) return std::optional<Fault>{};
        const auto fault = harmless[random() % harmless.size()];
        return std::optional{fault};
      },
      fmt::format("many harmless faults, seed {}", seed));
}

void attack(Campaign& campaign, std::uint64_t seed) {
  const auto method = seed % methods.size();
  const auto chaos = course::run_chaos(seed, methods[method]);
  ++campaign.runs;
  campaign.kills += chaos.kills;
  campaign.stops += chaos.stops;
  if (!chaos.problems.empty())
    campaign.report(fmt::format("--random {}  ({})", seed, method_names[method]), chaos.problems);
}

using Time = std::function<bool()>;  // whether time is left

// A place as in the report of a problem (method, task, call, fault).
using At = std::tuple<std::string, int, int, std::string>;
void repeat(Campaign& campaign, const std::string& name, const At& at, const Time& time_left) {
  const auto& method_name = std::get<0>(at);
  const auto& fault = std::get<3>(at);
  const Place wanted{std::get<1>(at), std::get<2>(at)};
  const auto program = std::ranges::find(course::programs(), name, &course::Program::name);
  const auto method = std::ranges::find(method_names, method_name);
  if (program == course::programs().end() || method == method_names.end())
    throw std::invalid_argument{"--at needs --only PROGRAM, and a start method"};
  const auto choose = [&](const Place& place, const auto&, const auto& possible) {
    const auto found = std::ranges::find(possible, fault, [](auto& one) { return to_string(one); });
    return place == wanted && found != possible.end() ? std::optional{*found} : std::nullopt;
  };
  do {
    run_traced(campaign, *program, static_cast<std::size_t>(method - method_names.begin()), choose,
               "again");
  } while (time_left());
}

void run_campaign(Campaign& campaign, const std::string& only, const Time& time_left) {
  const auto start = Clock::now();
  std::mt19937_64 random{campaign.seed};
  auto targets = all_targets(campaign, only);
  std::ranges::shuffle(targets, random);
  fmt::print("{} places where a fault can happen\n", targets.size());
  // A third of the time is for random programs.
  auto attacks = campaign.seed * 1'000'000, disturbances = attacks;
  Clock::duration attacking{};
  for (const auto& target : targets) {
    if (!time_left()) break;
    fail_one_call(campaign, target);
    if (random() % 8 == 0) disturb(campaign, target.program, target.method, ++disturbances);
    const auto now = Clock::now();
    if (3 * attacking > now - start) continue;
    attack(campaign, ++attacks);
    attacking += Clock::now() - now;
  }
}

void print_summary(const Campaign& campaign) {
  std::size_t faults = 0;
  for (const auto& [fault, count] : campaign.faults) {
    fmt::print("{:8} {}\n", count, fault);
    faults += count;
  }
  fmt::print("{} runs with seed {}: {} faults of system calls, {} kills, {} stops, {} problems\n",
             campaign.runs, campaign.seed, faults, campaign.kills, campaign.stops,
             campaign.problems);
}

}  // namespace

int main(int argc, char** argv) try {
  course::program_begins();
  mp::init(argc, argv);
  CLI::App app{"Runs programs while system calls fail and processes are killed."};
  int seconds = 60;
  Campaign campaign;
  std::string program, method, only;
  std::uint64_t random = 0;
  At at;
  app.add_option("seconds", seconds, "how long; 0 runs every place once")
      ->check(CLI::Range(0, 1'000'000));
  app.add_option("--seed", campaign.seed, "other places, moments and programs");
  std::vector<std::string> names;
  for (const auto& one : course::programs()) names.push_back(one.name);
  app.add_option("--only", only, "run only this program")->check(CLI::IsMember(names));
  const auto* const at_option = app.add_option("--at", at, "METHOD TASK CALL FAULT: one place");
  app.add_option("--random", random, "the random program with this seed alone");
  app.add_option("--program", program, "run this program, which is then traced")->group("");
  app.add_option("--method", method)->group("");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return 0;
  }
  if (!program.empty()) {
    const auto found = std::ranges::find(method_names, method);
    const auto index = static_cast<std::size_t>(found - method_names.begin());
    return index < methods.size() ? course::run_program(program, methods[index]) : 2;
  }
  campaign.self = std::filesystem::read_symlink("/proc/self/exe");
  const auto end = Clock::now() + std::chrono::seconds{seconds};
  const auto time_left = [&] { return seconds == 0 || Clock::now() < end; };
  if (random != 0)
    attack(campaign, random);
  else if (*at_option)
    repeat(campaign, only, at, time_left);
  else
    run_campaign(campaign, only, time_left);
  print_summary(campaign);
  return campaign.problems == 0 ? 0 : 1;
} catch (const std::exception& error) {
  fmt::print(stderr, "faults: {}\n", error.what());
  return 2;
}
