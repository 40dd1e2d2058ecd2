#include <fcntl.h>
#include <sys/socket.h>
#include <cstdint>
#include <cstdlib>
#include <span>

#include <mp/lock.hpp>
#include <mp/message.hpp>
#include <mp/process.hpp>

// Reads hostile bytes as messages of many types. The reader must answer with a value or with
// MessageError. libFuzzer searches for bytes that break it; message_test replays the corpus of
// bytes that once reached new code.

namespace {

enum class Colour : std::uint8_t { red, green, blue };

struct Empty {};

struct Point {
  int x{}, y{};
  std::string label;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(x, y, label);
  }
};

struct Tree {
  int value{};
  std::vector<Tree> children;
  std::unique_ptr<Tree> next;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(value, children, next);
  }
};

void require(bool condition) {
  if (!condition) std::abort();
}

struct Sockets {
  mp::FileDescriptor here, there;
  Sockets() {
    int ends[2];
    mp::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
    here = mp::FileDescriptor{ends[0]};
    there = mp::FileDescriptor{ends[1]};
  }
};

// This much can be sent before anything is received.
constexpr std::size_t at_once = 1 << 14;

// After any bad message, the next one can be received.
template <class T>
void receive_as(const mp::Message& message) {
  if (message.bytes.size() > at_once) return;
  const Sockets sockets;
  mp::Message{message.bytes, {}}.send(sockets.there);
  mp::send(sockets.there, 42);
  try {
    mp::receive<T>(sockets.here);
  } catch (const mp::MessageError&) {
  }
  require(mp::receive<int>(sockets.here) == 42);
}

// An accepted value is like any other, so it can be encoded and decoded.
template <class T>
void read_as(mp::Message message) {
  receive_as<T>(message);
  try {
    const auto encoded = mp::encode(mp::decode<T>(std::move(message)));
    require(mp::encode(mp::decode<T>({encoded.bytes, {}})).bytes == encoded.bytes);
  } catch (const mp::MessageError&) {
  }
}

// If equal values may have different bytes, or need descriptors, reading is enough.
template <class T>
void only_read_as(mp::Message message) {
  receive_as<T>(message);
  try {
    mp::decode<T>(std::move(message));
  } catch (const mp::MessageError&) {
  }
}

// Without the right tag, no bytes would reach the value.
template <class T>
mp::Message with_tag(mp::Message message) {
  mp::Message tagged;
  mp::Writer{tagged}(mp::type_name<T>());
  tagged.bytes += message.bytes;
  tagged.descriptors = std::move(message.descriptors);
  return tagged;
}

using Reading = void (*)(mp::Message);

template <class T>
Reading tagged = [](mp::Message message) { read_as<T>(with_tag<T>(std::move(message))); };

template <class T>
Reading tagged_only_read =
    [](mp::Message message) { only_read_as<T>(with_tag<T>(std::move(message))); };

// The bytes that an interrupted sender leaves behind.
void receive(mp::Message message) {
  Sockets sockets;
  const auto size = std::min(message.bytes.size(), at_once);
  mp::check(::send(sockets.there.get(), message.bytes.data(), size, 0), "send");
  sockets.there.close();
  try {
    for (;;) mp::Message::receive(sockets.here);
  } catch (const mp::MessageError&) {
  } catch (const mp::EndOfFile&) {
  }
}

const Reading readings[] = {
    receive,
    read_as<std::vector<std::string>>,  // with a hostile tag
    tagged<int>,
    tagged<bool>,
    tagged<double>,
    tagged<Colour>,
    tagged<Empty>,
    tagged<Point>,
    tagged<Tree>,
    tagged<std::string>,
    tagged<std::u32string>,
    tagged<std::vector<int>>,
    tagged<std::vector<bool>>,
    tagged<std::vector<Empty>>,
    tagged<std::array<bool, 5>>,
    tagged<std::array<std::array<Colour, 2>, 3>>,
    tagged<std::deque<std::vector<std::optional<std::string>>>>,
    tagged<std::list<Point>>,
    tagged<std::set<std::string>>,
    tagged<std::multiset<int>>,
    tagged<std::map<std::string, std::vector<double>>>,
    tagged_only_read<std::multimap<int, bool>>,
    tagged_only_read<std::unordered_map<std::string, int>>,
    tagged_only_read<std::unordered_set<std::string>>,
    tagged<std::pair<bool, std::optional<bool>>>,
    tagged<std::tuple<int, std::string, std::tuple<>, std::vector<Point>>>,
    tagged<std::variant<std::monostate, int, std::string, std::vector<bool>>>,
    tagged<std::complex<double>>,
    tagged<std::chrono::system_clock::time_point>,
    tagged<std::unique_ptr<std::string>>,
    tagged<
        std::tuple<std::shared_ptr<std::string>, std::vector<std::shared_ptr<std::vector<int>>>>>,
    tagged_only_read<std::vector<mp::FileDescriptor>>,
    tagged_only_read<mp::SharedMemory>,
    tagged_only_read<mp::Lock>,
};

}  // namespace

// The first byte chooses the type that the rest is read as.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  mp::Message message;
  message.bytes.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto& reading = readings[data[0] % std::size(readings)];
  message.descriptors.emplace_back(mp::check(::open("/dev/null", O_RDONLY | O_CLOEXEC), "open"));
  reading(std::move(message));
  return 0;
}
