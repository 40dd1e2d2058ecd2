#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <mp/proc.hpp>
#include <mp/watchdog.hpp>

// What the processes of a program wait for, and who could help them; inside mp::examine.

namespace mp::detail {

using Pids = std::set<pid_t>;

// One thing that a thread waits for.
struct Need {
  enum class Kind { receive, send, end, lock, own_thread, memory, other };
  Kind kind = Kind::other;
  std::string resource{};  // whoever holds this could help; see Holders
  Pids helpers{};
  bool unknown_helpers = false;  // others might help too
  std::string text{};            // what is waited for, if the kind is `other`
};

// What a thread is doing. It goes on when one of its needs is met.
struct Wait {
  std::vector<Need> needs{};
  bool limited = false;   // there is a time limit
  std::string instead{};  // what it does, if it has no needs
  bool for_good() const { return !needs.empty() && !limited; }
};

struct Subject {
  ProcessState state;
  std::vector<Wait> waits;    // of its threads
  Pids extra_helpers{};       // who could wake it by other means than those it waits for
  bool may_be_woken = false;  // by somebody unknown
  bool deadlocked = false;
};

using Subjects = std::map<pid_t, Subject>;

/// Takes part in no wait: it only looks at the others.
bool is_observer(const ThreadState& thread);

/// Finds out, for each thread, what it waits for; not yet who holds that.
void decode_waits(Subjects& subjects);

/// The report, in words. The subjects know by now who could help them, and who is deadlocked.
Examination narrate(const Subjects& subjects, pid_t root, const std::string& root_name);

}  // namespace mp::detail
