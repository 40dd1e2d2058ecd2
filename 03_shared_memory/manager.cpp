#include <poll.h>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// What one can ask the server for. The names in `serialize` are what travels.
struct Set {
  std::string key;
  int value;
  void serialize(auto& archive) { archive(key, value); }
};
struct Get {
  std::string key;
  void serialize(auto& archive) { archive(key); }
};
struct Append {
  int item;
  void serialize(auto& archive) { archive(item); }
};
struct Items {};
using Request = std::variant<Set, Get, Append, Items>;

// What the server owns. It does one thing after the other, so no lock is needed.
struct Store {
  std::map<std::string, int> dictionary;
  std::vector<int> list;

  bool answer(const Set& set) { return dictionary.insert_or_assign(set.key, set.value).second; }
  std::optional<int> answer(const Get& get) {
    const auto found = dictionary.find(get.key);
    return found == dictionary.end() ? std::nullopt : std::optional{found->second};
  }
  std::size_t answer(const Append& append) { return list.push_back(append.item), list.size(); }
  std::vector<int> answer(const Items&) { return list; }
};

// Ends when all proxies are gone.
void serve(std::vector<mp::Connection> proxies) {
  Store store;
  while (!proxies.empty()) {
    std::vector<pollfd> waiting;
    for (const auto& proxy : proxies) waiting.push_back({proxy.descriptor().get(), POLLIN, 0});
    mp::check(mp::retry([&] { return poll(waiting.data(), waiting.size(), -1); }), "poll");
    for (std::size_t i = proxies.size(); i-- > 0;) {
      if (waiting[i].revents == 0) continue;
      try {
        const auto request = proxies[i].recv<Request>();
        std::visit([&](const auto& what) { proxies[i].send(store.answer(what)); }, request);
      } catch (const std::runtime_error&) {  // the end of the file: its process closed it, or died
        proxies.erase(proxies.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
  }
  fmt::print("Server: all proxies are gone\n");
}

// Looks like a dictionary with a list, but is only the way to them.
class Proxy {
 public:
  explicit Proxy(mp::Connection server = {}) : server_{std::move(server)} {}
  bool set(const std::string& key, int value) { return ask<bool>(Set{key, value}); }
  std::optional<int> get(const std::string& key) { return ask<std::optional<int>>(Get{key}); }
  std::size_t append(int item) { return ask<std::size_t>(Append{item}); }
  std::vector<int> items() { return ask<std::vector<int>>(Items{}); }
  void serialize(auto& archive) { archive(server_); }  // so that it can be given to a process

 private:
  template <class Answer>
  Answer ask(const Request& request) {
    server_.send(request);
    return server_.recv<Answer>();
  }

  mp::Connection server_;
};

void work(Proxy shared, int number) {
  shared.set(fmt::format("{} squared", number), number * number);
  const auto size = shared.append(number);
  fmt::print("    {}: the list has {} items now\n", mp::this_process::name(), size);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 3;
  lesson::parse(argc, argv, "A server process owns a dictionary and a list; others use proxies.",
                {{"--processes", processes, "how many use them", 1, 1000}});

  std::vector<Proxy> proxies;
  std::vector<mp::Connection> at_the_server;
  for (int i = 0; i <= processes; ++i) {  // one more, for this process
    auto [here, there] = mp::pipe();
    proxies.emplace_back(std::move(here));
    at_the_server.push_back(std::move(there));
  }
  mp::Process server{serve, std::move(at_the_server)};
  std::vector<mp::Process> workers;
  for (int i = 1; i <= processes; ++i)
    workers.emplace_back(work, std::move(proxies[static_cast<std::size_t>(i)]), i);
  for (auto& worker : workers) worker.join();

  Proxy& shared = proxies[0];
  for (int i = 1; i <= processes; ++i) {
    const auto key = fmt::format("{} squared", i);
    fmt::print("{}: {}\n", key, shared.get(key).value());
  }
  const auto list = shared.items();
  proxies.clear();  // the last proxy: without this, the server would never end
  server.join();
  fmt::print("The list, in order of arrival: {}\n", list);
}
