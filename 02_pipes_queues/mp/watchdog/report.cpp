#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <mp/watchdog/report_formatter.hpp>

namespace mp::detail {
namespace {

ProcessView view_of(const ProcessNode& node, const WaitGraph& graph,
                    const ReportFormatter& formatter) {
  ProcessView view{.pid = node.state.pid,
                   .parent = node.state.parent,
                   .name = formatter.name(node.state.pid),
                   .activity = formatter.activity(node),
                   .waits_for = {},
                   .deadlocked = node.deadlocked};
  Pids wakers;
  for (const auto& wait : node.waits)
    for (const auto& dependency : wait.dependencies)
      wakers.insert(dependency.wakers.begin(), dependency.wakers.end());
  std::ranges::copy_if(wakers, std::back_inserter(view.waits_for),
                       [&](pid_t waker) { return graph.contains(waker); });
  return view;
}

// Parents before children, and children in the order of their pids.
void append(std::vector<ProcessView>& views, pid_t pid, const WaitGraph& graph,
            const ReportFormatter& formatter) {
  const auto found = graph.find(pid);
  if (found == graph.end()) return;
  views.push_back(view_of(found->second, graph, formatter));
  for (const auto& [child, node] : graph)
    if (node.state.parent == pid && child != pid) append(views, child, graph, formatter);
}

std::string explain(const Examination& examination, const ReportFormatter& formatter) {
  const bool deadlock = examination.deadlock();
  std::string text;
  for (const auto& view : examination.processes) {
    if ((deadlock && !view.deadlocked) || formatter.is_server(view.pid)) continue;
    text += (text.empty() ? "" : "; ") + view.name + " (" + std::to_string(view.pid) + ") " +
            view.activity;
  }
  if (text.empty()) return "There is no such process.";
  return text + "." + (deadlock ? " " + formatter.verdict() : "");
}

}  // namespace

Examination report(const WaitGraph& graph, pid_t root, const std::string& root_name) {
  const ReportFormatter formatter{graph, root, root_name};
  Examination examination;
  append(examination.processes, root, graph, formatter);
  examination.explanation = explain(examination, formatter);
  return examination;
}

}  // namespace mp::detail
