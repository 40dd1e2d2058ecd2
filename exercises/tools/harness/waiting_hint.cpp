#include <regex>

#include <harness/waiting_hint.hpp>

namespace harness {

std::string waiting_hint(const std::string& explanation) {
  const auto says = [&](const char* words) { return explanation.find(words) != std::string::npos; };
  if (!says("This is a deadlock") && (says("is at work") || says("is running")))
    return "\nA process is still at work. Does each of its loops end?";
  if (says("something that only it could") || says("memory that only it could"))
    return "\nOnly objects in shared memory connect processes. Those of the standard library, such "
           "as std::mutex, std::condition_variable and std::barrier, work within one process only; "
           "use mp's.";
  if (says("no process will send"))
    return "\nA process that receives waits until another one sends, or closes the queue or its "
           "end of the pipe because nothing more will come.";
  if (says("for a barrier"))
    return "\nA barrier opens when as many processes have arrived as it expects. Does each arrive, "
           "and equally often?";
  if (says("for a notification"))
    return "\nEvery change that a process may wait for needs a notification. Have the processes "
           "that could send one ended?";
  return {};
}

std::string without_examiner(const std::string& explanation, const std::set<pid_t>& callers) {
  static const std::regex wait{
      R"(\((\d+)\) waits to receive from (an unknown process|\S+ \(\d+\) outside the program))"};
  std::string text;
  auto rest = explanation.cbegin();
  for (std::smatch found; std::regex_search(rest, explanation.cend(), found, wait);
       rest = found[0].second) {
    text += found.prefix();
    text += callers.contains(std::stoi(found[1])) ? "(" + found[1].str() + ") is at work"
                                                  : found[0].str();
  }
  return text.append(rest, explanation.cend());
}

}  // namespace harness
