#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mp/idle_handler.hpp>
#include <mp/lock.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>
#include <mp/wait_label.hpp>
#include <mp/watchdog.hpp>

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;
using Clock = std::chrono::steady_clock;

// ---- The programs that are examined ----

// A process made by a bare fork. It dies with its parent at the latest. Processes that it starts
// belong to its group, except those that are a Child themselves.
class Child {
 public:
  Child(const char* name, const std::function<void()>& function) : pid_{::fork()} {
    ::setpgid(pid_, 0);
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, name);
    try {
      function();
    } catch (...) {  // its parent was killed, for example
      ::_exit(1);
    }
    ::_exit(0);
  }
  Child(const Child&) = delete;
  ~Child() {
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

// Calls that block in these programs. They return when a program is ended.
void receive(int descriptor) {
  char byte = 0;
  if (::read(descriptor, &byte, 1) == -1) ::_exit(2);
}
void send_much(int descriptor) {
  const std::vector<char> much(10'000'000);
  if (::write(descriptor, much.data(), much.size()) == -1) ::_exit(2);
}
void sleep_long() { std::this_thread::sleep_for(1h); }
void compute_long() {
  std::atomic<unsigned> count = 0;
  for (;;) ++count;
}

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    int ends[2];
    if (::pipe(ends) == -1) ::_exit(2);
    read = ends[0];
    write = ends[1];
  }
  Pipe(const Pipe&) = delete;
  ~Pipe() {
    ::close(read);
    ::close(write);
  }
};

struct SocketPair {
  int first = -1, second = -1;
  SocketPair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1) ::_exit(2);
    first = ends[0];
    second = ends[1];
  }
  SocketPair(const SocketPair&) = delete;
  ~SocketPair() {
    ::close(first);
    ::close(second);
  }
};

template <class T>
T& shared(int count = 1) {
  return *static_cast<T*>(::mmap(nullptr, sizeof(T) * static_cast<std::size_t>(count),
                                 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

void receive_int(mp::Connection connection) { connection.recv<int>(); }
void send_and_receive(mp::Connection connection) {
  connection.send(std::string(10'000'000, 'x'));
  connection.recv<std::string>();
}
void put_much(mp::Queue<std::string>& queue) { queue.put(std::string(10'000'000, 'x')); }
void get_one(mp::Queue<int>& queue) { queue.get(); }

void both_receive() {
  auto [here, there] = mp::pipe();
  mp::Process process{receive_int, std::move(there)};
  here.recv<int>();
}

void both_send() {
  auto [here, there] = mp::pipe();
  mp::Process process{send_and_receive, std::move(there)};
  send_and_receive(std::move(here));
}

void join_before_get() {
  mp::Queue<std::string> queue;
  mp::Process process{put_much, std::ref(queue)};
  process.join();
}

void lock_both(mp::Lock& first, mp::Lock& second, mp::Connection other) {
  const std::scoped_lock one{first};
  other.send(true);
  other.recv<bool>();  // now each holds one
  const std::scoped_lock two{second};
}

void lock_in_different_order() {
  mp::Lock red, blue;
  auto [here, there] = mp::pipe();
  mp::Process process{lock_both, std::ref(red), std::ref(blue), std::move(there)};
  lock_both(blue, red, std::move(here));
}

void hand_on(mp::Connection from, mp::Connection to) { to.send(from.recv<int>()); }

void ring_of_three() {
  auto [from_main, to_first] = mp::one_way_pipe();
  auto [from_first, to_second] = mp::one_way_pipe();
  auto [from_second, to_main] = mp::one_way_pipe();
  mp::Process first{hand_on, std::move(from_main), std::move(to_second)};
  mp::Process second{hand_on, std::move(from_first), std::move(to_main)};
  hand_on(std::move(from_second), std::move(to_first));
}

void receive_from_itself() {
  auto [here, there] = mp::pipe();
  here.recv<int>();
}

void send_to_itself() {
  Pipe pipe;
  send_much(pipe.write);
}

void put_into_a_full_queue() {
  mp::Queue<int> queue{1};
  mp::Process process{[](mp::Queue<int>& full) {
                        full.put(1);
                        full.put(2);
                      },
                      std::ref(queue)};
  process.join();
}

void get_from_an_empty_queue() {
  mp::Queue<int> queue;
  queue.get();
}

void several_get_from_an_empty_queue() {
  mp::Queue<int> queue;
  mp::Process first{get_one, std::ref(queue)}, second{get_one, std::ref(queue)};
  first.join();
}

// The usual mistake: no process closes the ends that it does not use.
void bare_pipes() {
  Pipe to_child, to_parent;
  Child child{"Child", [&] { receive(to_child.read); }};
  receive(to_parent.read);
}

void bare_sockets() {
  SocketPair pair;
  Child child{"Child", [&] {
                ::close(pair.first);
                send_much(pair.second);
              }};
  ::close(pair.second);
  send_much(pair.first);
}

void polls() {
  Pipe to_poll, to_select, to_epoll;
  Child first{"Select", [&] {
                fd_set set;
                FD_ZERO(&set);
                FD_SET(to_select.read, &set);
                ::select(to_select.read + 1, &set, nullptr, nullptr, nullptr);
              }};
  Child second{"Epoll", [&] {
                 const int epoll = ::epoll_create1(0);
                 epoll_event event{.events = EPOLLIN, .data = {}};
                 ::epoll_ctl(epoll, EPOLL_CTL_ADD, to_epoll.read, &event);
                 ::epoll_wait(epoll, &event, 1, -1);
               }};
  pollfd state{to_poll.read, POLLIN, 0};
  ::poll(&state, 1, -1);
}

void waits_for_any_child() {
  Pipe pipe;
  Child child{"Child", [&] { receive(pipe.read); }};
  ::waitpid(-1, nullptr, 0);
}

void waits_by_waitid() {
  Pipe pipe;
  Child child{"Child", [&] { receive(pipe.read); }};
  siginfo_t info;
  ::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED);
}

void semaphores() {
  auto* semaphores = &shared<sem_t>(2);
  for (int i = 0; i < 2; ++i) ::sem_init(&semaphores[i], 1, 0);
  Child child{"Child", [&] { ::sem_wait(&semaphores[0]); }};
  ::sem_wait(&semaphores[1]);
}

void notifications() {
  const int to_parent = ::eventfd(0, 0), to_child = ::eventfd(0, 0);
  std::uint64_t count = 0;
  Child child{"Child", [&] {
                if (::read(to_child, &count, sizeof count) == -1) ::_exit(2);
              }};
  pollfd state{to_parent, POLLIN, 0};
  ::poll(&state, 1, -1);
}

void future() {
  std::promise<int> promise;
  promise.get_future().wait();
}

struct LabelledWord {
  std::atomic<std::uint32_t> word;
  mp::detail::WaitLabel label{"an event"};
  void wait_for_change(std::uint32_t seen) {
    word = seen;
    ::syscall(SYS_futex, &word, FUTEX_WAIT, seen, nullptr, nullptr, 0);
  }
};

void labelled_words() {
  auto* words = new (&shared<LabelledWord>(2)) LabelledWord[2];
  Child child{"Child", [&] { words[0].wait_for_change(1); }};
  words[1].wait_for_change(2);
}

// The highest bit belongs to the count; in a mutex it would be a flag.
void large_counts() {
  auto* words = new (&shared<LabelledWord>(2)) LabelledWord[2];
  Child child{"Child", [&] { words[0].wait_for_change(0x8000'0001); }};
  words[1].wait_for_change(0xffff'f060);
}

void plain_mutex_twice() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  ::pthread_mutex_lock(&mutex);
  ::pthread_mutex_lock(&mutex);
}

void robust_mutex_twice() {
  auto& mutex = shared<pthread_mutex_t>();
  pthread_mutexattr_t attributes;
  ::pthread_mutexattr_init(&attributes);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutex_init(&mutex, &attributes);
  ::pthread_mutex_lock(&mutex);
  ::pthread_mutex_lock(&mutex);
}

void lock_while_receiving() {
  mp::Lock lock;
  auto [here, there] = mp::pipe();
  mp::Process process{[&](mp::Connection other) {
                        const std::scoped_lock guard{lock};
                        other.send(true);
                        other.recv<int>();
                      },
                      std::move(there)};
  here.recv<bool>();
  const std::scoped_lock guard{lock};
}

void threads() {
  Pipe to_child, to_parent;
  Child child{"Child", [&] { receive(to_child.read); }};
  std::thread{[&] { receive(to_parent.read); }}.join();
}

// A handler cannot wake a thread if only the thread itself raises the signal, if the signal does
// not reach it, or if it is known to do nothing.
void with_handlers_that_cannot_run() {
  std::signal(SIGSEGV, [](int) {});
  std::signal(SIGUSR1, [](int) {});
  mp::detail::install_idle_handler(SIGINT);
  sigset_t user;
  ::sigemptyset(&user);
  ::sigaddset(&user, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &user, nullptr);
  bare_pipes();
}

void children_only() {
  Pipe first, second;
  Child one{"One", [&] { receive(first.read); }};
  Child two{"Two", [&] { receive(second.read); }};
  ::close(first.write);
  ::close(second.write);
  compute_long();
}

void grandchild() {
  Pipe pipe;
  Child child{"Child", [&] {
                Child grandchild{"Grandchild", [&] { receive(pipe.read); }};
                ::waitpid(-1, nullptr, 0);
              }};
  ::waitpid(-1, nullptr, 0);
}

void with_a_watchdog_in_a_child() {
  Pipe to_child, to_parent;
  Child child{"Child", [&] {
                mp::Watchdog watchdog{1h};
                receive(to_child.read);
              }};
  receive(to_parent.read);
}

// Runs a program in its own PID and network namespaces, as graders do.
void run_in_sandbox(void (*program)()) {
  if (::unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET) == -1) ::_exit(9);
  const Child child{"Sandboxed", program};
  int status = 0;
  ::waitpid(child.pid(), &status, 0);
  ::_exit(WEXITSTATUS(status));
}

// ---- How they are examined ----

std::string without_numbers(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto end = text.find_first_not_of("0123456789", i + 2);
    const bool number = text.compare(i, 2, " (") == 0 && end > i + 2 && end < text.size();
    if (number && text[end] == ')')
      i = end;
    else
      result += text[i];
  }
  return result;
}

template <class Predicate>
mp::Examination examine_until(pid_t root, Predicate predicate) {
  const auto end = Clock::now() + 10s;
  for (;;) {
    auto examination = mp::examine(root, "MainProcess");
    if (predicate(examination) || Clock::now() > end) return examination;
    std::this_thread::sleep_for(1ms);
  }
}

struct Program {
  const char* name;
  void (*run)();
  const char* explanation;
  mp::StartMethod method = mp::StartMethod::fork;
};

std::string name_of(const testing::TestParamInfo<Program>& info) { return info.param.name; }
void PrintTo(const Program& program, std::ostream* stream) { *stream << program.name; }

struct Deadlock : testing::TestWithParam<Program> {};

TEST_P(Deadlock, IsExplained) {
  const Child program{"Main", [] {
                        mp::set_start_method(GetParam().method);
                        GetParam().run();
                      }};
  // There may be a smaller deadlock before all are blocked.
  const auto examination = examine_until(program.pid(), [](const auto& found) {
    return without_numbers(found.explanation) == GetParam().explanation;
  });
  EXPECT_EQ(without_numbers(examination.explanation), GetParam().explanation);
  EXPECT_TRUE(examination.deadlock());
}

constexpr auto receive_text =
    "MainProcess waits to receive from Process-1; Process-1 waits to receive from MainProcess. "
    "This is a deadlock because no process will send.";
constexpr auto send_text =
    "MainProcess waits to send to Process-1 (the pipe is full); Process-1 waits to send to "
    "MainProcess (the pipe is full). This is a deadlock because no process will receive.";
constexpr auto join_text =
    "MainProcess waits for Process-1 to end; Process-1 waits to send to MainProcess (the pipe is "
    "full). This is a deadlock because no process will receive.";
constexpr auto lock_text =
    "MainProcess waits for a lock held by Process-1; Process-1 waits for a lock held by "
    "MainProcess. This is a deadlock because no process will release a lock.";
constexpr auto ring_text =
    "MainProcess waits to receive from Process-2; Process-1 waits to receive from MainProcess; "
    "Process-2 waits to receive from Process-1. This is a deadlock because no process will send.";
constexpr auto bare_text =
    "MainProcess waits to receive from Child; Child waits to receive from MainProcess. This is a "
    "deadlock because no process will send.";
constexpr auto wait_text =
    "MainProcess waits for Child to end; Child waits to receive from MainProcess. This is a "
    "deadlock because no process will send.";

constexpr auto fork = mp::StartMethod::fork, spawn = mp::StartMethod::spawn,
               forkserver = mp::StartMethod::forkserver;

INSTANTIATE_TEST_SUITE_P(
    Watchdog, Deadlock,
    testing::ValuesIn(std::vector<Program>{
        {"BothReceive", both_receive, receive_text, fork},
        {"BothReceiveSpawn", both_receive, receive_text, spawn},
        {"BothReceiveForkserver", both_receive, receive_text, forkserver},
        {"BothSend", both_send, send_text, fork},
        {"BothSendSpawn", both_send, send_text, spawn},
        {"BothSendForkserver", both_send, send_text, forkserver},
        {"JoinBeforeGet", join_before_get, join_text, fork},
        {"JoinBeforeGetSpawn", join_before_get, join_text, spawn},
        {"JoinBeforeGetForkserver", join_before_get, join_text, forkserver},
        {"Locks", lock_in_different_order, lock_text, fork},
        {"LocksSpawn", lock_in_different_order, lock_text, spawn},
        {"LocksForkserver", lock_in_different_order, lock_text, forkserver},
        {"RingOfThree", ring_of_three, ring_text, fork},
        {"RingOfThreeSpawn", ring_of_three, ring_text, spawn},
        {"RingOfThreeForkserver", ring_of_three, ring_text, forkserver},
        {"ReceiveFromItself", receive_from_itself,
         "MainProcess waits to receive what only it could send. This is a deadlock because no "
         "process will send."},
        {"SendToItself", send_to_itself,
         "MainProcess waits to send into a full pipe that only it could empty. This is a deadlock "
         "because no process will receive."},
        {"EmptyQueue", get_from_an_empty_queue,
         "MainProcess waits to receive what only it could send. This is a deadlock because no "
         "process will send."},
        {"FullQueue", put_into_a_full_queue,
         "MainProcess waits for Process-1 to end; Process-1 waits for space in a queue (shared "
         "with MainProcess). This is a deadlock."},
        {"BarePipes", bare_pipes, bare_text},
        {"BareSockets", bare_sockets,
         "MainProcess waits to send to Child (the pipe is full); Child waits to send to "
         "MainProcess (the pipe is full). This is a deadlock because no process will receive."},
        {"Polls", polls,
         "MainProcess waits to receive from Select or Epoll; Select waits to receive from "
         "MainProcess or Epoll; Epoll waits to receive from MainProcess or Select. This is a "
         "deadlock because no process will send."},
        {"WaitForAnyChild", waits_for_any_child, wait_text},
        {"Waitid", waits_by_waitid, wait_text},
        {"Semaphores", semaphores,
         "MainProcess waits for a change in shared memory by Child; Child waits for a change in "
         "shared memory by MainProcess. This is a deadlock."},
        {"LabelledWords", labelled_words,
         "MainProcess waits for an event (shared with Child); Child waits for an event (shared "
         "with MainProcess). This is a deadlock."},
        {"LargeCounts", large_counts,
         "MainProcess waits for an event (shared with Child); Child waits for an event (shared "
         "with MainProcess). This is a deadlock."},
        {"Notifications", notifications,
         "MainProcess waits for a notification from Child; Child waits for a notification from "
         "MainProcess. This is a deadlock."},
        {"Future", future,
         "MainProcess waits for something that only it could do. This is a deadlock."},
        {"MutexTwice", plain_mutex_twice,
         "MainProcess waits for something that only it could do. This is a deadlock."},
        {"RobustMutexTwice", robust_mutex_twice,
         "MainProcess waits for a lock that it holds itself. This is a deadlock because no process "
         "will release a lock."},
        {"LockWhileReceiving", lock_while_receiving,
         "MainProcess waits for a lock that Process-1 holds while it waits to receive; Process-1 "
         "waits to receive from MainProcess. This is a deadlock because no process will send."},
        {"Threads", threads, bare_text},
        {"HandlersThatCannotRun", with_handlers_that_cannot_run, bare_text},
        {"ChildrenOnly", children_only,
         "One waits to receive from Two; Two waits to receive from One. This is a deadlock because "
         "no process will send."},
        {"Grandchild", grandchild,
         "MainProcess waits for Child to end; Child waits for Grandchild to end; Grandchild waits "
         "to receive from MainProcess or Child. This is a deadlock because no process will send."},
        {"WatchdogInAChild", with_a_watchdog_in_a_child, bare_text},
    }),
    name_of);

TEST(Watchdog, LooksIntoASandbox) {
  const std::vector<Program> programs{
      {"BothReceive", both_receive,
       "Sandboxed waits to receive from Process-1; Process-1 waits to receive from Sandboxed. This "
       "is a deadlock because no process will send."},
      {"Locks", lock_in_different_order,
       "Sandboxed waits for a lock held by Process-1; Process-1 waits for a lock held by "
       "Sandboxed. This is a deadlock because no process will release a lock."}};
  for (const auto& sandboxed : programs) {
    const Child program{"Main", [&] { run_in_sandbox(sandboxed.run); }};
    const auto expected =
        "MainProcess waits for Sandboxed to end; " + std::string{sandboxed.explanation};
    bool refused = false;
    const auto examination = examine_until(program.pid(), [&](const auto& found) {
      refused = found.explanation.find("has ended") != std::string::npos;
      return refused || without_numbers(found.explanation) == expected;
    });
    if (refused) GTEST_SKIP() << "no sandboxes here";
    EXPECT_EQ(without_numbers(examination.explanation), expected);
  }
}

// It is unknown which process reaches the queue first.
TEST(Watchdog, ExplainsProcessesThatWaitForTheirTurnAtAQueue) {
  const Child program{"Main", several_get_from_an_empty_queue};
  const auto text = MatchesRegex(
      "MainProcess waits for Process-1 to end; Process-1 waits .*; Process-2 waits .*\\. This is a "
      "deadlock because no process will send\\.");
  const auto examination = examine_until(program.pid(), [&](const auto& found) {
    return found.explanation.find("a lock that Process-") != std::string::npos &&
           testing::Value(without_numbers(found.explanation), text);
  });
  EXPECT_THAT(without_numbers(examination.explanation), text);
  EXPECT_THAT(examination.explanation, HasSubstr("holds while it waits to receive"));
}

TEST(Watchdog, ReportsEachProcess) {
  const Child program{"Main", bare_pipes};
  const auto [views, text] =
      examine_until(program.pid(), [](const auto& found) { return found.deadlock(); });
  ASSERT_EQ(views.size(), 2U) << text;
  EXPECT_EQ(views[0].pid, program.pid());
  EXPECT_EQ(views[0].parent, ::getpid());
  EXPECT_EQ(views[0].name, "MainProcess");
  EXPECT_EQ(views[0].activity, "waits to receive from Child");
  EXPECT_EQ(views[0].waits_for, (std::vector<pid_t>{views[0].pid, views[1].pid}));
  EXPECT_EQ(views[1].parent, program.pid());
  EXPECT_EQ(views[1].name, "Child");
  EXPECT_TRUE(views[0].deadlocked && views[1].deadlocked);
}

TEST(Watchdog, SaysThatThereIsNoProcess) {
  const auto examination = mp::examine(0x7fffffff);
  EXPECT_FALSE(examination.deadlock());
  EXPECT_EQ(examination.explanation, "There is no such process.");
}

// ---- Not a deadlock ----

struct NoDeadlock : testing::TestWithParam<Program> {};

// Waits until the processes do what the explanation says, then examines them many times.
TEST_P(NoDeadlock, IsNotCalledOne) {
  const Child program{"Main", GetParam().run};
  const auto expected = MatchesRegex(GetParam().explanation);
  const auto reached = examine_until(program.pid(), [&](const auto& found) {
    EXPECT_FALSE(found.deadlock()) << found.explanation;
    return testing::Value(without_numbers(found.explanation), expected);
  });
  EXPECT_THAT(without_numbers(reached.explanation), expected);
  for (int i = 0; i < 100; ++i) {
    const auto examination = mp::examine(program.pid());
    EXPECT_FALSE(examination.deadlock()) << examination.explanation;
  }
}

template <class Function>
void parent_receives_while_child(Function child_does) {
  Pipe pipe;
  Child child{"Child", [&] {
                ::close(pipe.read);
                child_does();
              }};
  ::close(pipe.write);
  receive(pipe.read);
}

void child_computes() { parent_receives_while_child(compute_long); }
void child_sleeps() { parent_receives_while_child(sleep_long); }
void child_is_stopped() {
  parent_receives_while_child([] { ::raise(SIGSTOP); });
}
void child_waits_with_time_limit() {
  parent_receives_while_child([] {
    Pipe own;
    pollfd state{own.read, POLLIN, 0};
    ::poll(&state, 1, 3'600'000);
  });
}
void child_selects_with_time_limit() {
  parent_receives_while_child([] {
    Pipe own;
    fd_set set;
    FD_ZERO(&set);
    FD_SET(own.read, &set);
    timeval limit{3600, 0};
    ::select(own.read + 1, &set, nullptr, nullptr, &limit);
  });
}
void child_receives_with_time_limit() {
  parent_receives_while_child([] {
    SocketPair own;
    const timeval limit{3600, 0};
    ::setsockopt(own.first, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    receive(own.first);
  });
}
void child_gets_with_time_limit() {
  parent_receives_while_child([] {
    mp::Queue<int> queue;
    queue.get_for(1h);
  });
}
void child_locks_with_time_limit() {
  mp::Lock lock;
  lock.lock();  // without a guard, because the child must not unlock it
  parent_receives_while_child([&] {
    if (lock.try_lock_for(1h)) ::_exit(2);
  });
}
void child_has_an_alarm() {
  parent_receives_while_child([] {
    std::signal(SIGALRM, [](int) {});
    ::alarm(3600);
    Pipe own;
    receive(own.read);
  });
}
// A signal from outside writes into the pipe that the process reads.
template <int signal>
void self_pipe() {
  static int write_end = -1;
  const Pipe pipe;
  write_end = pipe.write;
  std::signal(signal, [](int) {
    if (::write(write_end, "", 1) != 1) ::_exit(2);
  });
  receive(pipe.read);
}
void child_is_told_when_input_comes() {
  SocketPair pair;
  ::fcntl(pair.first, F_SETOWN, ::getpid());
  ::fcntl(pair.first, F_SETFL, O_ASYNC | O_NONBLOCK);
  self_pipe<SIGIO>();
}
void start_timer(int signal) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = signal;
  timer_t timer{};
  ::timer_create(CLOCK_MONOTONIC, &event, &timer);
  const itimerspec hour{.it_interval = {}, .it_value = {.tv_sec = 3600, .tv_nsec = 0}};
  ::timer_settime(timer, 0, &hour, nullptr);
}
void timer_posts_a_semaphore() {
  static sem_t tick;
  ::sem_init(&tick, 0, 0);
  std::signal(SIGRTMIN, [](int) { ::sem_post(&tick); });
  start_timer(SIGRTMIN);
  ::sem_wait(&tick);
}
void timer_ends_the_child() {
  parent_receives_while_child([] {
    start_timer(SIGTERM);
    Pipe own;
    receive(own.read);
  });
}
// The kernel signals the eventfd when it has read the file.
void file_is_read_in_the_background() {
  const int done = ::eventfd(0, 0);
  aio_context_t context = 0;
  if (::syscall(SYS_io_setup, 1, &context) == -1) ::_exit(2);
  std::uint64_t count = 0;
  if (::read(done, &count, sizeof count) == -1) ::_exit(2);
}

void child_waits_for_a_signal() {
  parent_receives_while_child([] { ::pause(); });
}
void child_listens() {
  parent_receives_while_child([] {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr address{.sa_family = AF_UNIX, .sa_data = {}};
    ::bind(socket, &address, sizeof(sa_family_t));
    ::listen(socket, 1);
    ::accept(socket, nullptr, nullptr);
  });
}
void child_reads_a_terminal() {
  parent_receives_while_child([] {
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
    ::grantpt(terminal);
    ::unlockpt(terminal);
    receive(::open(::ptsname(terminal), O_RDWR | O_NOCTTY));
  });
}
void child_has_a_handler() {
  Pipe pipe;
  Child busy{"Busy", [&] {
               ::close(pipe.write);
               sleep_long();
             }};
  Child child{"Child", [&] {
                std::signal(SIGUSR1, [](int) {});
                receive(pipe.read);
              }};
  receive(pipe.read);
}
void another_thread_sleeps() {
  parent_receives_while_child([] {
    std::thread sleeper{sleep_long};
    Pipe own;
    receive(own.read);
  });
}
void main_thread_of_child_has_ended() {
  Pipe pipe;
  Child child{"Child", [] {
                std::thread{sleep_long}.detach();
                ::syscall(SYS_exit, 0);  // ends only this thread
              }};
  receive(pipe.read);
}
void third_will_send() {
  Pipe to_child, to_parent;
  Child third{"Third", sleep_long};
  Child child{"Child", [&] { receive(to_child.read); }};
  receive(to_parent.read);
}
void orphan_will_send() {
  Pipe pipe;
  const auto group = ::getpgrp();
  Child child{"Child", [&] {
                if (::fork() == 0) {
                  ::setpgid(0, group);
                  ::prctl(PR_SET_NAME, "Orphan");
                  sleep_long();
                }
              }};
  receive(pipe.read);
}
void end_is_in_a_message() {
  Pipe pipe;
  SocketPair mail;
  Child child{"Child", [&] {
                ::close(pipe.write);
                ::close(mail.first);
                sleep_long();
              }};
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  auto* control = CMSG_FIRSTHDR(&message);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(sizeof(int));
  std::copy_n(reinterpret_cast<const char*>(&pipe.write), sizeof(int),
              reinterpret_cast<char*>(CMSG_DATA(control)));
  ::sendmsg(mail.first, &message, 0);
  ::close(mail.second);
  ::prctl(PR_SET_NAME, "Sent");
  receive(pipe.read);
}
void named_pipe() {
  const auto path = "/tmp/watchdog_test." + std::to_string(::getpid());
  ::mkfifo(path.c_str(), 0600);
  const int fifo = ::open(path.c_str(), O_RDWR);
  ::unlink(path.c_str());
  receive(fifo);
}

constexpr auto sleeping = "MainProcess waits to receive from Child; Child sleeps\\.";
constexpr auto signalled =
    "MainProcess waits to receive what only it could send \\(or for a signal\\)\\.";

INSTANTIATE_TEST_SUITE_P(
    Watchdog, NoDeadlock,
    testing::ValuesIn(std::vector<Program>{
        {"Computing", child_computes,
         "MainProcess waits to receive from Child; Child is running\\."},
        {"Sleeping", child_sleeps, sleeping},
        {"Stopped", child_is_stopped,
         "MainProcess waits to receive from Child; Child is stopped\\."},
        {"PollWithTimeLimit", child_waits_with_time_limit,
         ".*; Child waits .*, with a time limit\\."},
        {"SelectWithTimeLimit", child_selects_with_time_limit,
         ".*; Child waits .*, with a time limit\\."},
        {"ReceiveWithTimeLimit", child_receives_with_time_limit,
         ".*; Child waits .*, with a time limit\\."},
        {"GetWithTimeLimit", child_gets_with_time_limit,
         ".*; Child waits .*, with a time limit\\."},
        {"LockWithTimeLimit", child_locks_with_time_limit,
         ".*; Child waits for a lock that MainProcess holds .*, with a time limit\\."},
        {"Alarm", child_has_an_alarm,
         ".*; Child waits to receive what only it could send \\(or for a signal\\)\\."},
        {"SelfPipeUser", self_pipe<SIGUSR1>, signalled},
        {"SelfPipeTerminate", self_pipe<SIGTERM>, signalled},
        {"SelfPipeHangUp", self_pipe<SIGHUP>, signalled},
        {"SelfPipeInput", child_is_told_when_input_comes, signalled},
        {"TimerPosts", timer_posts_a_semaphore,
         "MainProcess waits for something that only it could do \\(or for a signal\\)\\."},
        {"TimerEnds", timer_ends_the_child,
         ".*; Child waits to receive what only it could send \\(or for a signal\\)\\."},
        {"AsynchronousFile", file_is_read_in_the_background,
         "MainProcess waits for a notification from an unknown process\\."},
        {"Signal", child_waits_for_a_signal, ".*; Child waits for a signal\\."},
        {"Listening", child_listens, ".*; Child waits for a connection\\."},
        {"Terminal", child_reads_a_terminal, ".*; Child waits for input from the terminal\\."},
        {"Handler", child_has_a_handler,
         ".*; Child waits to receive from MainProcess \\(or for a signal\\)\\."},
        {"AnotherThread", another_thread_sleeps, ".*; Child .*sleeps.*\\."},
        {"MainThreadOfChildHasEnded", main_thread_of_child_has_ended, sleeping},
        {"ThirdWillSend", third_will_send, ".*; Third sleeps; Child waits to receive from .*\\."},
        {"OrphanWillSend", orphan_will_send,
         "MainProcess waits to receive from Orphan outside the program; Child has ended\\."},
        {"EndIsInAMessage", end_is_in_a_message,
         "MainProcess waits to receive .*; Child sleeps\\."},
        {"NamedPipe", named_pipe, "MainProcess waits for input from .*"},
    }),
    name_of);

// One thread has a handler whenever it waits, and runs while it has none. An observer that first
// sees no handler and then sees the thread wait draws a wrong conclusion. The other threads make
// the examination longer.
void waits_only_with_a_handler() {
  const Pipe own;
  sigset_t alarm;
  ::sigemptyset(&alarm);
  ::sigaddset(&alarm, SIGALRM);
  ::pthread_sigmask(SIG_BLOCK, &alarm, nullptr);
  std::vector<std::thread> others;
  for (int i = 0; i < 50; ++i) others.emplace_back([&] { receive(own.read); });
  others.emplace_back([&] {
    struct sigaction handler {};
    handler.sa_handler = [](int) {};
    ::signal(SIGALRM, SIG_IGN);
    ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
    const timeval period{.tv_sec = 0, .tv_usec = 20'000};
    const itimerval timer{.it_interval = period, .it_value = period};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
    for (char byte = 0;;) {
      ::sigaction(SIGALRM, &handler, nullptr);
      if (::read(own.read, &byte, 1) != -1) ::_exit(2);
      ::signal(SIGALRM, SIG_IGN);
      for (const auto end = Clock::now() + 1ms; Clock::now() < end;) continue;
    }
  });
  others.back().join();
}

TEST(Watchdog, LooksForHandlersWhileAProcessWaits) {
  const Child program{"Main", waits_only_with_a_handler};
  for (int i = 0; i < 500; ++i) {
    const auto examination = mp::examine(program.pid());
    ASSERT_FALSE(examination.deadlock()) << examination.explanation << " in look " << i;
  }
}

// A semaphore that any program may open by its name, until the name is removed.
struct SemaphoreName {
  const std::string text = "/watchdog_test." + std::to_string(::getpid());
  ~SemaphoreName() { remove(); }
  void remove() const { ::sem_unlink(text.c_str()); }
  void wait() const { ::sem_wait(::sem_open(text.c_str(), O_CREAT | O_EXCL, 0600, 0)); }
};

bool waits_for_memory(const mp::Examination& found) {
  return found.explanation.find("memory") != std::string::npos;
}

TEST(Watchdog, KnowsThatAnyProgramMayPostANamedSemaphore) {
  const SemaphoreName name;
  const Child program{"Main", [&] { name.wait(); }};
  const auto examination = examine_until(program.pid(), waits_for_memory);
  EXPECT_TRUE(waits_for_memory(examination)) << examination.explanation;
  EXPECT_FALSE(examination.deadlock()) << examination.explanation;
}

TEST(Watchdog, SeesThatNoProgramCanOpenASemaphoreWithoutAName) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may count a mapped file's names";
  const SemaphoreName name;
  const Child program{"Main", [&] { name.wait(); }};
  examine_until(program.pid(), waits_for_memory);
  name.remove();
  const auto examination = mp::examine(program.pid());
  EXPECT_TRUE(examination.deadlock()) << examination.explanation;
}

// The ancestor, this process, has the write end.
TEST(Watchdog, KnowsThatInputMayComeFromOutside) {
  const Pipe input;
  const Child program{"Main", [&] {
                        ::close(input.write);
                        Child child{"Child", [&] { receive(input.read); }};
                        ::waitpid(-1, nullptr, 0);
                      }};
  const auto examination = examine_until(program.pid(), [](const auto& found) {
    EXPECT_FALSE(found.deadlock()) << found.explanation;
    return found.processes.size() == 2 &&
           found.explanation.find("outside the program") != std::string::npos;
  });
  EXPECT_THAT(examination.explanation,
              HasSubstr("waits to receive from watchdog_test (" + std::to_string(::getpid()) +
                        ") outside the program"));
}

TEST(Watchdog, DoesNotGuessAboutProcessesThatItMayNotExamine) {
  // Without privileges, some processes may not be examined. This one will send.
  const Child examiner{
      "Examiner", [] {
        if (::geteuid() == 0 && ::setuid(65534) == -1) ::_exit(3);
        ::prctl(PR_SET_DUMPABLE, 1);
        const Child reader{"Reader", [] {
                             Pipe pipe;
                             const Child secret{"Secret", [] {
                                                  ::prctl(PR_SET_DUMPABLE, 0);
                                                  sleep_long();
                                                }};
                             receive(pipe.read);
                           }};
        const std::string expected =
            "Reader waits to receive what only it could send; Secret cannot be examined.";
        examine_until(reader.pid(), [&](const auto& found) {
          if (found.deadlock()) ::_exit(4);
          return without_numbers(found.explanation) ==
                 "MainProcess" + expected.substr(expected.find(' '));
        });
        const auto examination = mp::examine(reader.pid());
        if (examination.deadlock()) ::_exit(4);
        ::_exit(without_numbers(examination.explanation) == expected ? 0 : 5);
      }};
  int status = 0;
  ASSERT_EQ(::waitpid(examiner.pid(), &status, 0), examiner.pid());
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Watchdog, ExaminesItsOwnProgram) {
  const auto examination = mp::examine(::getpid());
  EXPECT_FALSE(examination.deadlock());
  EXPECT_THAT(examination.explanation, HasSubstr("is running"));
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all{"/proc/self/fd"};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST(Watchdog, ExaminesProcessesThatComeAndGo) {
  const Child program{
      "Main", [] {
        for (;;) {
          SocketPair pair;
          Child child{"Child", [&] {
                        const Child grandchild{"Grandchild", [&] { send_much(-1); }};
                        receive(pair.first);
                      }};
          if (::write(pair.second, "!", 1) != 1) ::_exit(2);
          siginfo_t info;
          if (child.pid() % 2 == 0)
            ::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT);
        }
      }};
  const auto before = open_descriptors();
  for (int i = 0; i < 1000; ++i) {
    const auto examination = mp::examine(program.pid());
    ASSERT_FALSE(examination.deadlock()) << examination.explanation;
  }
  EXPECT_EQ(open_descriptors(), before);
}

// Each is nearly always blocked, but never both.
TEST(Watchdog, ExaminesProcessesThatAreBusyWithEachOther) {
  const Child program{"Main", [] {
                        Pipe to_child, to_parent;
                        const auto play = [](int from, int to) {
                          for (;;) {
                            receive(from);
                            if (::write(to, "!", 1) != 1) ::_exit(2);
                          }
                        };
                        Child child{"Child", [&] { play(to_child.read, to_parent.write); }};
                        if (::write(to_child.write, "!", 1) != 1) ::_exit(2);
                        play(to_parent.read, to_child.write);
                      }};
  for (int i = 0; i < 1000; ++i) {
    const auto examination = mp::examine(program.pid());
    ASSERT_FALSE(examination.deadlock()) << examination.explanation;
  }
  EXPECT_EQ(::waitpid(program.pid(), nullptr, WNOHANG), 0);
}

// A descriptor in transit from one process to another is held by some process at every moment.
TEST(Watchdog, ExaminesProcessesThatAreBeingStarted) {
  for (const auto method : {mp::StartMethod::spawn, mp::StartMethod::forkserver}) {
    const Child program{"Main", [&] {
                          mp::set_start_method(method);
                          for (;;) {
                            auto [here, there] = mp::pipe();
                            mp::Process process{
                                +[](mp::Connection end) { end.send(end.recv<int>() + 1); },
                                std::move(there)};
                            here.send(41);
                            if (here.recv<int>() != 42) ::_exit(2);
                          }
                        }};
    for (int i = 0; i < 500; ++i) {
      const auto examination = mp::examine(program.pid());
      ASSERT_FALSE(examination.deadlock()) << examination.explanation;
    }
    EXPECT_EQ(::kill(program.pid(), 0), 0);
    EXPECT_EQ(::waitpid(program.pid(), nullptr, WNOHANG), 0);
  }
}

// ---- The watchdog itself ----

using WatchdogDeathTest = testing::Test;

void watched(void (*program)()) {
  const mp::Watchdog watchdog{10ms};
  program();
}

TEST(WatchdogDeathTest, ExplainsAndEndsTheProgram) {
  const std::string number = R"( \([0-9]+\) )";
  EXPECT_EXIT(
      watched(both_receive), testing::ExitedWithCode(1),
      "MainProcess" + number + "waits to receive from Process-1; Process-1" + number +
          "waits to receive from MainProcess. This is a deadlock because no process will send.\n$");
  EXPECT_EXIT(watched(join_before_get), testing::ExitedWithCode(1),
              "waits for Process-1 to end; .*because no process will receive.\n$");
  EXPECT_EXIT(watched(get_from_an_empty_queue), testing::ExitedWithCode(1), "only it");
}

TEST(WatchdogDeathTest, WorksWithEveryStartMethod) {
  for (const auto method : {spawn, forkserver}) {
    const auto program = [&] {
      mp::set_start_method(method);
      watched(both_receive);
    };
    EXPECT_EXIT(program(), testing::ExitedWithCode(1), "from MainProcess. This is a deadlock");
  }
}

void wait_for_own_alarm() {
  const itimerval soon{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = 500'000}};
  ::setitimer(ITIMER_REAL, &soon, nullptr);
  const Pipe pipe;
  receive(pipe.read);
}

TEST(WatchdogDeathTest, LeavesTheEndOfTheProgramToItsAlarm) {
  EXPECT_EXIT(watched(wait_for_own_alarm), testing::KilledBySignal(SIGALRM), "^$");
}

// The parent would notice that the first child dies while the second one is still dying.
void complain_about_dead_child() {
  Pipe to_child, to_parent;
  Child child{"Child", [&] {
                ::close(to_parent.read);
                receive(to_child.read);
              }};
  Child slow{"Slow", [&] {
               ::close(to_parent.write);
               const std::vector<char> memory(200'000'000, 'x');
               receive(to_child.read);
             }};
  ::close(to_parent.write);
  receive(to_parent.read);
  ::_exit(3);
}

TEST(WatchdogDeathTest, EndsTheProgramBeforeItCanComplain) {
  EXPECT_EXIT(watched(complain_about_dead_child), testing::ExitedWithCode(1),
              "no process will send");
}

TEST(Watchdog, LeavesNoDescendantAlive) {
  auto& pids = shared<std::array<std::atomic<pid_t>, 2>>();
  const Child program{"Main", [&] {
                        if (!std::freopen("/dev/null", "w", stderr)) ::_exit(2);
                        const mp::Watchdog watchdog{10ms};
                        Pipe pipe;
                        Child child{"Child", [&] {
                                      pids[0] = ::getpid();
                                      if (const auto pid = ::fork(); pid > 0) {
                                        pids[1] = pid;
                                        ::waitpid(pid, nullptr, 0);
                                      } else {
                                        receive(pipe.read);
                                      }
                                    }};
                        receive(pipe.read);
                      }};
  int status = 0;
  ASSERT_EQ(::waitpid(program.pid(), &status, 0), program.pid());
  EXPECT_EQ(status, W_EXITCODE(1, 0));
  for (const auto& pid : pids) EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(Watchdog, StopsAtOnce) {
  const auto begin = Clock::now();
  { const mp::Watchdog watchdog{24h}; }
  EXPECT_LT(Clock::now() - begin, 20s);
}

TEST(Watchdog, LeavesForkedChildrenAlone) {
  const mp::Watchdog watchdog{24h};
  auto copy = std::make_unique<mp::Watchdog>(24h);
  const Child child{"Child", [&] { copy.reset(); }};  // this process has no thread to stop
  int status = 0;
  ASSERT_EQ(::waitpid(child.pid(), &status, 0), child.pid());
  EXPECT_EQ(status, 0);
}

TEST(Watchdog, RaisesNoFalseAlarm) {
  const Child program{"Main", [] {
                        const mp::Watchdog watchdog{1ms};
                        const auto end = Clock::now() + 4s;
                        mp::Queue<int> tasks, results;
                        const auto work = [&] {
                          for (const int task : tasks) results.put(task);
                        };
                        mp::Process first{work}, second{work};
                        long count = 0;
                        while (Clock::now() < end) {
                          for (int i = 0; i < 50; ++i) tasks.put(i);
                          for (int i = 0; i < 50; ++i) results.get();
                          ++count;
                        }
                        tasks.close();
                        first.join();
                        second.join();
                        ::_exit(count > 0 ? 7 : 8);
                      }};
  int status = 0;
  ASSERT_EQ(::waitpid(program.pid(), &status, 0), program.pid());
  EXPECT_EQ(status, W_EXITCODE(7, 0));
}

}  // namespace
