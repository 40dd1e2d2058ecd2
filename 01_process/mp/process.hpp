#pragma once

#include <sys/types.h>
#include <atomic>
#include <chrono>
#include <concepts>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <mp/deadline.hpp>
#include <mp/exclusive_descriptor.hpp>
#include <mp/task.hpp>

namespace mp {

/// How a process is created; the names are Python's.
enum class StartMethod {
  fork,        ///< a copy of the parent, with all its memory; takes any callable
  spawn,       ///< a new run of the same program, to which function and arguments are sent
  forkserver,  ///< a fork of a clean server process, to which function and arguments are sent
};

/// Must be the first line of `main`. In a spawned process it runs what was sent and never returns.
/// The counterpart of Python's `if __name__ == "__main__"`.
void init(int argc, char** argv);

/// The start method of processes that do not name one; `fork` until set otherwise.
void set_start_method(StartMethod method);
StartMethod start_method();

/// How a process ended: with an exit code or by a signal, never both. The code is 255 if it cannot
/// be known, as in Python. This happens when the kernel's status is lost (SIGCHLD is ignored, the
/// program reaps all children itself, or the fork server was killed), and the process could not
/// report its exit code because a signal or `_exit` ended it.
struct ExitStatus {
  std::optional<int> code;
  std::optional<int> signal;
  bool success() const { return code == 0; }
  bool operator==(const ExitStatus&) const = default;
};

/// Returns "exit code 3" or "signal 9 (Killed)".
std::string to_string(const ExitStatus& status);

struct ProcessOptions {
  std::string name{};                         ///< "Process-1", "Process-2" … when empty
  std::optional<StartMethod> start_method{};  ///< mp::start_method() when empty
  bool daemon = false;                        ///< ends when its parent ends, however that ends
  /// With `fork`: keeps all ends of pipes that the parent has, not only those given to it.
  bool shares_connections = false;
};

class Process;
namespace detail {
struct Identity;
template <class T>
concept NotOptions =
    !std::same_as<std::decay_t<T>, ProcessOptions> && !std::same_as<std::decay_t<T>, Process>;
}  // namespace detail

/// A function running in its own process, started at once; after Python's
/// `multiprocessing.Process`, with the lifetime rules of `std::jthread`.
///
///     mp::Process p{greet, "bob"};
///     mp::Process q{{.name = "Test", .start_method = mp::StartMethod::spawn}, greet, "eve"};
///
/// Function and arguments are copied or moved; std::ref passes a reference (under `spawn` and
/// `forkserver` only to what processes can share, such as mp::Lock). An exception that leaves the
/// function is reported on standard error, and the exit code is 1.
///
/// The buffers of std::cout and of C streams are written when a process starts and when it ends. At
/// both moments, flush other streams by hand, such as a std::ofstream that both use.
///
/// Throws std::system_error, which names the call, when there are no more processes or descriptors,
/// CannotTravel when something cannot be sent, std::logic_error without mp::init.
class Process {
 public:
  /// Owns no process.
  Process() noexcept = default;

  template <detail::NotOptions Function, class... Arguments>
  explicit Process(Function&& function, Arguments&&... arguments)
      : Process{ProcessOptions{}, std::forward<Function>(function),
                std::forward<Arguments>(arguments)...} {}

  template <class Function, class... Arguments>
  Process(const ProcessOptions& options, Function&& function, Arguments&&... arguments)
      : Process{} {
    static_assert((std::is_constructible_v<std::decay_t<Arguments>, Arguments> && ...),
                  "mp::Process: an argument cannot be copied. Write std::move(argument) to give it "
                  "to the process, as with an end of a pipe, or std::ref(argument) to share it, as "
                  "with a queue or a lock");
    static_assert(std::is_invocable_v<std::decay_t<Function>, std::decay_t<Arguments>...>,
                  "mp::Process: the function cannot be called with copies of these arguments; to "
                  "pass a reference, write std::ref(argument)");
    using Call = detail::Call<std::decay_t<Function>, std::decay_t<Arguments>...>;
    start(options, std::make_unique<Call>(std::forward<Function>(function),
                                          std::forward<Arguments>(arguments)...));
  }

  Process(Process&& other) noexcept { *this = std::move(other); }
  Process& operator=(Process&& other) noexcept;  ///< ends what it owned, like the destructor

  /// Joins. While an exception unwinds the stack, the process has half a second to end; then it is
  /// terminated, and killed a second later, so that an error never turns into an endless wait. A
  /// daemon is terminated at once.
  ~Process();

  /// Waits until the process has ended, and returns how. Further calls return the same. Several
  /// threads may wait for one process.
  ExitStatus join();

  /// Waits no longer than the limit; returns true when the process has ended.
  bool join_for(Seconds limit);

  void terminate();  ///< SIGTERM: asks it to end
  void kill();       ///< SIGKILL: ends it

  bool is_alive();
  std::optional<ExitStatus> exit_status();  ///< empty while it is running
  pid_t pid() const noexcept { return pid_; }
  const std::string& name() const noexcept { return name_; }

  /// Returns a descriptor that becomes readable when the process has ended, to poll with others.
  const FileDescriptor& sentinel() const;

 private:
  void start(const ProcessOptions& options, std::unique_ptr<detail::Task> task);
  ExclusiveDescriptor send_job(detail::Identity identity, const detail::Task& task,
                               StartMethod method);
  void watch(pid_t pid);
  bool wait(Deadline deadline);
  std::optional<int> kernel_status(int options) const;
  std::optional<int> reported_status() const;
  void require_process() const;
  void signal(int number);
  void end() noexcept;

  pid_t pid_ = 0;  // 0: owns no process
  pid_t owner_ = 0;
  std::string name_;
  bool daemon_ = false;
  static constexpr int not_ended = -1;
  std::atomic<int> status_ = not_ended;  // as from waitpid
  FileDescriptor pidfd_;
  ExclusiveDescriptor channel_;  // a report of the end arrives here
  bool is_served_ = false;       // the fork server is its real parent, and reports the end
  int exceptions_ = std::uncaught_exceptions();
};

/// The calling process.
namespace this_process {
const std::string& name();  ///< "MainProcess", or the name that the parent gave
}

/// Returns how many processors this process may use, by its affinity and its control group.
int cpu_count();

}  // namespace mp
