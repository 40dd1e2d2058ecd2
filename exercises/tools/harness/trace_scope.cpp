#include <sys/socket.h>
#include <sys/un.h>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include <harness/connect.hpp>
#include <harness/trace_scope.hpp>

namespace harness {
namespace {

std::atomic<bool> silent = false;

}  // namespace

mp::FileDescriptor connect(const Greeting& greeting) {
  const char* const path = std::getenv(socket_variable);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (!path || std::strlen(path) >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, path, std::strlen(path));
  mp::FileDescriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto result = mp::retry([&] {
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  });
  if (result == -1) return {};
  const auto sent =
      mp::retry([&] { return ::send(socket.get(), &greeting, sizeof greeting, MSG_NOSIGNAL); });
  if (sent != sizeof greeting) return {};
  return socket;
}

TraceScope::TraceScope(std::int64_t first, std::int64_t second, std::int64_t third, int place) {
  if (silent) return;
  connection_ =
      connect({.kind = Greeting::Kind::call, .place = place, .numbers = {first, second, third}});
  if (!connection_) return;
  char reply{};
  mp::retry([&] { return ::recv(connection_.get(), &reply, 1, 0); });
  if (reply == static_cast<char>(Go::silently)) silent = true;
}

}  // namespace harness
