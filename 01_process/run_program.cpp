#include <sys/wait.h>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/process/v2.hpp>
#include <fmt/core.h>

#include <lesson/arguments.hpp>

namespace asio = boost::asio;
namespace process = boost::process::v2;
using Seconds = std::chrono::duration<double>;

// Runs a program for no longer than the limit, and shows what it wrote and how it ended.
void run(const std::string& program, const std::vector<std::string>& arguments, Seconds limit) {
  const auto path = process::environment::find_executable(program);
  if (path.empty()) throw std::runtime_error{"there is no program " + program};
  std::fflush(stdout);  // or the buffer would be copied and could be written twice

  // Boost.Process uses Asio. The operations started below make progress while `context` runs.
  asio::io_context context;
  asio::readable_pipe pipe{context};
  // Standard input, output and error of the program; only its output goes into the pipe.
  process::process child{context, path, arguments, process::process_stdio{{}, pipe, {}}};

  // Read while the program runs. A pipe has limited capacity, and a full one blocks its writer.
  std::string output;
  asio::async_read(pipe, asio::dynamic_buffer(output), [](auto...) {});  // until end-of-file
  bool ended = false;
  child.async_wait([&](auto...) { ended = true; });

  // Runs both operations until they are complete or the limit has passed.
  context.run_for(std::chrono::ceil<std::chrono::milliseconds>(limit));
  if (!ended) {
    fmt::print("{}: time limit of {} s exceeded\n", program, limit.count());
    child.terminate();                 // SIGKILL, which no program can ignore
    while (!ended) context.run_one();  // until it has been reaped
  }
  // exit_code() would return 9 both for exit code 9 and for signal 9.
  const int status = child.native_exit_code();
  const bool killed = WIFSIGNALED(status);
  fmt::print("{}: {} bytes of output, {} {}\n", program, output.size(),
             killed ? "signal" : "exit code", killed ? WTERMSIG(status) : WEXITSTATUS(status));
  if (output.size() < 80) fmt::print("{}", output);
}

int main(int argc, char** argv) {
  Seconds limit{0.5};
  lesson::parse(argc, argv,
                "Boost.Process runs other programs, reads their output and limits their time.", {});

  run("echo", {"What a program writes can be read."}, limit);
  run("seq", {"100000"}, limit);
  run("sh", {"-c", "exit 3"}, limit);
  run("sleep", {"60"}, limit);
  try {
    run("no-such-program", {}, limit);
  } catch (const std::runtime_error& error) {
    fmt::print("{}\n", error.what());
  }
}
