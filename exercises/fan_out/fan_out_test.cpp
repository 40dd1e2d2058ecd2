#include "fan_out.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <gtest/gtest.h>

#include <harness/submission.hpp>
#include <harness/trace_scope.hpp>

namespace {

using harness::count_of;
using harness::expect;
using Submission = harness::Submission<decltype(fan_out)>;

int nodes_of(int width, int depth) {
  int nodes = 0, level = 1;
  for (int i = 0; i < depth; ++i) nodes += level *= width;
  return nodes;
}

std::string tree(int width, int depth) {
  return "width " + std::to_string(width) + ", depth " + std::to_string(depth);
}

// Returns what a call of work() returned, which depends on a secret known here, too.
int returned(const harness::Event& event) {
  const auto [node, process, parent] = event.numbers;
  const harness::TraceScope scope{node, process, parent};
  return static_cast<int>((static_cast<std::uint64_t>(node) + scope.secret()) % 10);
}

// Ends the test unless each node works once.
void expect_nodes(int width, int depth, const harness::Trace& trace) {
  const int nodes = nodes_of(width, depth);
  std::map<std::int64_t, std::size_t> times;
  for (const auto& event : trace.events) ++times[event.numbers[0]];
  for (int node = 1; node <= nodes; ++node)
    if (times[node] != 1)
      harness::fail_and_stop("Expected: with " + tree(width, depth) + " each of the nodes 1 to " +
                             std::to_string(nodes) + " works once.\nSeen: node " +
                             std::to_string(node) + " works " +
                             count_of(times[node], "time", "times") + ".");
  if (trace.events.size() != static_cast<std::size_t>(nodes))
    harness::fail_and_stop(
        "Expected: with " + tree(width, depth) + " there are the nodes 1 to " +
        std::to_string(nodes) + ".\nSeen: work() is called with " +
        (times.begin()->first < 1
             ? std::to_string(times.begin()->first) + ", too.\nThe root, node 0, does not call it."
             : std::to_string(times.rbegin()->first) +
                   ", too.\nDoes the lowest level start more nodes?"));
}

void expect_sum(int width, int depth, int seen, const harness::Trace& trace) {
  expect_nodes(width, depth, trace);
  int expected = 0;
  for (const auto& event : trace.events) expected += returned(event);
  if (seen != expected)
    harness::fail_and_stop(
        "Expected: with " + tree(width, depth) + " the sum is " + std::to_string(expected) +
        ".\nSeen: " + std::to_string(seen) +
        (seen == 0 ? ".\nOnly its exit code carries a number from a child process to its parent. "
                     "Each process has its own copy of every variable, even of a global one."
                   : ".\nDoes every exit code include the node's own number and those of its "
                     "children?"));
}

TEST(fan_out, the_sum_is_right) {
  Submission submission;
  for (const auto& [width, depth] : {std::pair{1, 1}, {2, 3}, {3, 2}, {4, 0}, {1, 4}})
    expect_sum(width, depth, submission.call({width, depth}), submission.trace());
}

TEST(fan_out, every_node_is_a_child_of_the_node_above) {
  Submission submission;
  for (const auto& [width, depth] : {std::pair{2, 3}, {3, 2}}) {
    submission.call({width, depth});
    const auto& trace = submission.trace();
    if (trace.main_process_worked())
      harness::fail_and_stop(
          "Expected: the root does not call work().\nSeen: the main process calls work().");
    expect_nodes(width, depth, trace);
    std::map<std::int64_t, harness::Event> by_node;
    for (const auto& event : trace.events) by_node[event.numbers[0]] = event;
    const auto processes = trace.processes().size();
    if (processes != trace.events.size())
      harness::fail_and_stop("Expected: " + count_of(trace.events.size(), "process", "processes") +
                             ", one for each node.\nSeen: " +
                             count_of(processes, "process works", "processes work") + ".");
    for (const auto& [node, event] : by_node) {
      const auto above = (node - 1) / width;
      // All children of the root have the same parent, which is not a node.
      const auto parent = above == 0 ? by_node[1].numbers[2] : by_node[above].numbers[1];
      if (event.numbers[2] != parent)
        harness::fail_and_stop("Expected: node " + std::to_string(node) +
                               " is a child process of node " + std::to_string(above) +
                               ".\nSeen: another process has started it.");
    }
  }
}

TEST(fan_out, all_nodes_work_at_the_same_time) {
  Submission submission;
  const int nodes = nodes_of(3, 2);
  submission.call({3, 2}, {.barrier = nodes});
  expect_nodes(3, 2, submission.trace());
  const int seen = submission.trace().max_at_once;
  expect(seen == nodes,
         "Expected: with " + tree(3, 2) + ", all " + std::to_string(nodes) +
             " nodes work at the same time.\nSeen: never more than " + std::to_string(seen) +
             ".\nA node starts all nodes below it, works, and only then waits for the first one.");
}

TEST(fan_out, wrong_arguments_are_refused) {
  Submission submission;
  submission.expect_refusal({0, 2}, "width 0");
  submission.expect_refusal({2, -1}, "depth -1");
}

TEST(fan_out, nothing_is_left_behind) {
  Submission submission;
  submission.expect_nothing_left_over({2, 2});
}

}  // namespace
