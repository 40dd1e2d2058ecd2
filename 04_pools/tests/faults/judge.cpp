#include "judge.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <new>
#include <system_error>
#include <tuple>
#include <typeinfo>
#include <fmt/core.h>

#include "programs.hpp"
#include "tracer.hpp"
#include <leftovers.hpp>
#include <mp/barrier.hpp>
#include <mp/lock.hpp>
#include <mp/pipe.hpp>
#include <mp/pool.hpp>
#include <temporary_folder.hpp>

namespace course {
namespace {

Verdict judge(const Program& program, mp::StartMethod method) try {
  begin_faults();
  program.run(method);
  end_faults();
  return right;
} catch (const WrongResult& error) {
  end_faults();
  fmt::print(stderr, "wrong: {}\n", error.what());
  return wrong;
} catch (const std::exception& error) {
  end_faults();
  const auto is = [&]<class... Errors>(std::tuple<Errors...>*) {
    return (dynamic_cast<const Errors*>(&error) || ...);
  };
  using Documented =
      std::tuple<std::system_error, std::bad_alloc, mp::EndOfFile, mp::BrokenPipe, mp::MessageError,
                 mp::OwnerDied, mp::BrokenBarrier, mp::RemoteError, mp::WorkerDied, ProcessFailed>;
  fmt::print(stderr, "{}: {}\n", mp::readable_type_name(typeid(error).name()), error.what());
  return is(static_cast<Documented*>(nullptr)) ? documented : wrong;
}

}  // namespace

int run_program(const std::string& name, mp::StartMethod method) {
  const auto program = std::ranges::find(programs(), name, &Program::name);
  if (program == programs().end()) return 2;
  const TemporaryFolder folder;
  std::filesystem::current_path(folder.path());
  program->run(method);  // starts the fork server, and makes whatever is made only once
  // Counted, because a fork server that had to be replaced has different descriptors.
  const auto before = open_descriptors().size();
  auto verdict = judge(*program, method);
  if (open_descriptors().size() != before) {
    fmt::print(stderr, "descriptors are left over\n");
    verdict = wrong;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.path()}) {
    if (entry.is_directory() || entry.path().extension() == ".result") continue;
    fmt::print(stderr, "{} is left over\n", entry.path().native());
    verdict = wrong;
  }
  return verdict;
}

}  // namespace course
