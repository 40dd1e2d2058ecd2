#include <cstddef>
#include <exception>
#include <map>
#include <string>
#include <utility>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>
#include <mp/wait.hpp>

using Dictionary = std::map<std::string, int>;
using Request = std::pair<std::string, int>;  // a key, and the number to add to its value

// The server handles one request after the other, so it needs no lock. It ends with the last proxy.
void serve(std::vector<mp::Connection> proxies) {
  Dictionary dictionary;
  while (!proxies.empty()) {
    const auto i = mp::wait(proxies).front();  // the first that has sent a request
    try {
      const auto [key, number] = proxies[i].recv<Request>();
      dictionary[key] += number;
      proxies[i].send(dictionary);
    } catch (const std::exception&) {  // end-of-file: its process closed it or died
      proxies.erase(proxies.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  fmt::print("Server: all proxies are gone\n");
}

// A proxy is the connection to the server; this function makes a call out of two messages.
Dictionary add(mp::Connection& proxy, const std::string& key, int number) {
  proxy.send(Request{key, number});
  return proxy.recv<Dictionary>();
}

void work(mp::Connection proxy, int number) {
  add(proxy, mp::this_process::name(), number * number);
  add(proxy, "all", number * number);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 3;
  lesson::parse(argc, argv, "A server process owns a dictionary; others use it through proxies.",
                {{"--processes", processes, "how many processes use it", 1, 1000}});
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
  const auto dictionary = add(proxy, "all", 0);
  proxy.close();  // the last proxy; without this, the server would never end
  server.join();
  for (const auto& [key, value] : dictionary) fmt::print("{}: {}\n", key, value);
}
