#include <algorithm>
#include <map>
#include <variant>
#include <vector>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>
#include <mp/wait.hpp>

using Dictionary = std::map<int, int>;
using List = std::vector<int>;
// The requests sent to the server, and what each does there.
struct Add {
  int key, value;
  void serialize(auto& archive) { archive(key, value); }
  std::size_t run(Dictionary& dictionary, List& list) {
    return dictionary[key] = value, list.push_back(key), list.size();
  }
};
struct Everything {
  std::pair<Dictionary, List> run(Dictionary& dictionary, List& list) { return {dictionary, list}; }
};
using Request = std::variant<Add, Everything>;

// The server handles one request after the other, so it needs no lock. It ends with the last proxy.
void serve(std::vector<mp::Connection> proxies) {
  Dictionary dictionary;
  List list;
  while (!proxies.empty()) {
    auto ready = mp::wait(proxies);
    std::ranges::reverse(ready);  // backwards, because some may be erased
    for (const auto i : ready) {
      try {
        auto request = proxies[i].recv<Request>();
        std::visit([&](auto& what) { proxies[i].send(what.run(dictionary, list)); }, request);
      } catch (const std::exception&) {  // end-of-file: its process closed it or died
        proxies.erase(proxies.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
  }
  fmt::print("Server: all proxies are gone\n");
}

// A proxy is the connection to the server; this function makes a call out of two messages.
template <class Answer>
Answer ask(mp::Connection& proxy, const Request& request) {
  proxy.send(request);
  return proxy.recv<Answer>();
}

void work(mp::Connection proxy, int number) {
  const auto size = ask<std::size_t>(proxy, Add{number, number * number});
  fmt::print("    {}: the list has {} items now\n", mp::this_process::name(), size);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 3;
  lesson::parse(argc, argv, "A server process owns a dictionary and a list; others use proxies.",
                {{"--processes", processes, "how many processes use them", 1, 1000}});
  std::vector<mp::Connection> at_the_server;
  std::vector<mp::Process> workers;
  for (int i = 1; i <= processes; ++i) {
    auto [proxy, there] = mp::pipe();
    at_the_server.push_back(std::move(there));
    workers.emplace_back(work, std::move(proxy), i);
  }
  auto [proxy, there] = mp::pipe();  // one more, for this process
  at_the_server.push_back(std::move(there));
  mp::Process server{serve, std::move(at_the_server)};
  for (auto& worker : workers) worker.join();
  const auto [dictionary, list] = ask<std::pair<Dictionary, List>>(proxy, Everything{});
  proxy.close();  // the last proxy; without this, the server would never end
  server.join();
  for (const auto& [key, value] : dictionary) fmt::print("{} squared: {}\n", key, value);
  fmt::print("The list, in order of arrival: {}\n", list);
}
