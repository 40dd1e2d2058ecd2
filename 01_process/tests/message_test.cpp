#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <atomic>
#include <bitset>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <random>
#include <span>
#include <thread>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mp/lock.hpp>
#include <mp/message.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;
using mp::FileDescriptor;
using mp::Message;
using mp::MessageError;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

// ---- The types that travel here ----

enum class Colour : std::uint8_t { red, green, blue };
enum Plain { left, right };

struct Empty {
  bool operator==(const Empty&) const = default;
};

struct Point {
  int x{}, y{};
  template <class Archive>
  void serialize(Archive& archive) {
    archive(x, y);
  }
  bool operator==(const Point&) const = default;
};

template <class T>
struct Box {
  T content{};
  template <class Archive>
  void serialize(Archive& archive) {
    archive(content);
  }
  bool operator==(const Box&) const = default;
};

struct Celsius {
  double degrees{};
  double save_minimal(const mp::Writer&) const { return degrees; }
  void load_minimal(const mp::Reader&, const double& value) { degrees = value; }
  bool operator==(const Celsius&) const = default;
};

struct Chain {
  std::unique_ptr<Chain> next;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(next);
  }
};

struct NoSerializer {
  NoSerializer() = default;
  int value = 0;
};

template <class T>
T there_and_back(const T& value) {
  return mp::decode<T>(mp::encode(value));
}

template <class T>
void expect_round_trip(const T& value) {
  EXPECT_TRUE(there_and_back(value) == value) << mp::type_name<T>();
}

template <class T>
void expect_extremes() {
  for (const T value : {std::numeric_limits<T>::lowest(), T{}, T{1}, std::numeric_limits<T>::max()})
    expect_round_trip(value);
}

// ---- Round trips ----

TEST(Message, CarriesNumbers) {
  expect_extremes<std::int8_t>();
  expect_extremes<std::int16_t>();
  expect_extremes<std::int32_t>();
  expect_extremes<std::int64_t>();
  expect_extremes<std::uint8_t>();
  expect_extremes<std::uint16_t>();
  expect_extremes<std::uint32_t>();
  expect_extremes<std::uint64_t>();
  expect_extremes<long long>();
  expect_extremes<char>();
  expect_extremes<wchar_t>();
  expect_extremes<char8_t>();
  expect_extremes<char32_t>();
  expect_extremes<float>();
  expect_extremes<double>();
  expect_extremes<long double>();
  expect_round_trip(true);
  expect_round_trip(false);
}

TEST(Message, CarriesNanAndInfinity) {
  expect_round_trip(std::numeric_limits<double>::infinity());
  expect_round_trip(-std::numeric_limits<float>::infinity());
  expect_round_trip(std::numeric_limits<double>::denorm_min());
  EXPECT_TRUE(std::isnan(there_and_back(std::nan(""))));
  EXPECT_TRUE(std::isnan(there_and_back(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_TRUE(std::signbit(there_and_back(-0.0)));
}

TEST(Message, CarriesStrings) {
  expect_round_trip(""s);
  expect_round_trip("a\0b\0"s);
  expect_round_trip(std::string(64 << 20, 'x'));
  expect_round_trip(L"wide"s);
  expect_round_trip(u8"\u00e9"s);
  expect_round_trip(U"\U0001f600"s);
}

TEST(Message, CarriesPathsAndBits) {
  using std::filesystem::path;
  for (const auto* text : {"", "/", "a/b/../c", "/tmp/a name.txt"}) expect_round_trip(path{text});
  expect_round_trip(std::vector{path{"a"}, path{"b"}});
  expect_round_trip(std::map<path, int>{{"a", 1}});
  expect_round_trip(std::bitset<3>{5});
  expect_round_trip(std::bitset<100>{}.set(99));
}

TEST(Message, CarriesContainers) {
  expect_round_trip(std::vector<int>{});
  expect_round_trip(std::vector{1, 2, 3});
  expect_round_trip(std::vector{true, false, true});
  expect_round_trip(std::vector<std::string>{"", "one", std::string(100, '2')});
  expect_round_trip(std::vector<std::vector<std::vector<double>>>{{}, {{}, {1, 2}}, {{3}}});
  expect_round_trip(std::array{1.5, 2.5});
  expect_round_trip(std::array{true, false});
  expect_round_trip(std::array<std::string, 2>{"a", "b"});
  expect_round_trip(std::deque{1, 2});
  expect_round_trip(std::list{"a"s, "b"s});
  expect_round_trip(std::set{3, 1, 2});
  expect_round_trip(std::multiset{1, 1, 2});
  expect_round_trip(std::map<std::string, std::vector<int>>{{"a", {1}}, {"b", {}}});
  expect_round_trip(std::multimap<int, int>{{1, 1}, {2, 2}, {2, 2}});
  expect_round_trip(std::unordered_map<int, std::string>{{1, "a"}, {2, "b"}});
  expect_round_trip(std::unordered_set{1, 2});
}

TEST(Message, CarriesCompositions) {
  expect_round_trip(std::pair{1, "a"s});
  expect_round_trip(std::tuple{});
  expect_round_trip(std::tuple{1, 2.5, "three"s, std::vector{4}});
  expect_round_trip(std::optional<int>{});
  expect_round_trip(std::optional{7});
  expect_round_trip(std::optional<std::optional<int>>{std::in_place});
  using Variant = std::variant<std::monostate, int, std::string>;
  expect_round_trip(Variant{});
  expect_round_trip(Variant{7});
  expect_round_trip(Variant{"seven"});
  expect_round_trip(std::vector<Variant>{1, "two", {}});
  expect_round_trip(std::complex{1.0, -2.0});
  expect_round_trip(1500ms);
  expect_round_trip(std::chrono::duration<double>{0.25});
  expect_round_trip(std::chrono::system_clock::now());
  expect_round_trip(std::chrono::steady_clock::now());
}

TEST(Message, CarriesPointersAsWhatTheyPointTo) {
  EXPECT_EQ(there_and_back(std::unique_ptr<int>{}), nullptr);
  EXPECT_EQ(*there_and_back(std::make_unique<std::string>("a")), "a");
  EXPECT_EQ(there_and_back(std::shared_ptr<int>{}), nullptr);

  const auto shared = std::make_shared<int>(7);
  const auto pair = there_and_back(std::pair{shared, shared});
  EXPECT_EQ(*pair.first, 7);
  EXPECT_EQ(pair.first, pair.second) << "one object must not become two";
  const auto two = there_and_back(std::pair{shared, std::make_shared<std::string>("a")});
  EXPECT_EQ(*two.first, 7);
  EXPECT_EQ(*two.second, "a");
}

TEST(Message, CarriesUserTypes) {
  expect_round_trip(Colour::blue);
  expect_round_trip(std::vector{right, left});
  expect_round_trip(Empty{});
  expect_round_trip(std::vector<Empty>(100'000));
  expect_round_trip(std::vector<std::tuple<>>(10));
  expect_round_trip(Point{1, -2});
  expect_round_trip(std::vector{Point{1, 2}, Point{3, 4}});
  expect_round_trip(Box<std::vector<Point>>{{{1, 2}}});
  expect_round_trip(Celsius{21.5});
  expect_round_trip(
      std::map<Colour, std::optional<Point>>{{Colour::red, {}}, {Colour::blue, Point{5, 6}}});
  const auto doubled = [](int number) { return 2 * number; };
  EXPECT_EQ(there_and_back(doubled)(4), 8);
}

// ---- Descriptors ----

bool same_file(const FileDescriptor& a, const FileDescriptor& b) {
  struct stat first {
  }, second{};
  mp::check(::fstat(a.get(), &first), "fstat");
  mp::check(::fstat(b.get(), &second), "fstat");
  return first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

FileDescriptor open_null() {
  return FileDescriptor{mp::check(::open("/dev/null", O_RDWR | O_CLOEXEC), "open")};
}

std::size_t open_descriptors() {
  namespace fs = std::filesystem;
  return static_cast<std::size_t>(std::distance(fs::directory_iterator{"/proc/self/fd"}, {}));
}

TEST(Message, CarriesDescriptors) {
  const auto before = open_descriptors();
  {
    std::tuple<int, FileDescriptor, std::string, FileDescriptor> value;
    std::get<1>(value) = open_null();
    const auto arrived = there_and_back(value);
    EXPECT_TRUE(same_file(std::get<1>(arrived), std::get<1>(value)));
    EXPECT_NE(std::get<1>(arrived).get(), std::get<1>(value).get());
    EXPECT_EQ(::fcntl(std::get<1>(arrived).get(), F_GETFD), FD_CLOEXEC);
    EXPECT_FALSE(std::get<3>(arrived)) << "an empty one stays empty";
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Message, NoticesAMissingDescriptor) {
  auto message = mp::encode(open_null());
  message.descriptors.clear();
  EXPECT_THAT([&] { mp::decode<FileDescriptor>(std::move(message)); },
              ThrowsMessage<MessageError>(HasSubstr("descriptor")));
}

TEST(FileDescriptor, SurvivesAMoveToItself) {
  auto descriptor = open_null();
  auto& same = descriptor;
  descriptor = std::move(same);
  EXPECT_TRUE(descriptor);
  EXPECT_NE(::fcntl(descriptor.get(), F_GETFD), -1);
}

TEST(FileDescriptor, ClosesWhatItOwnedWhenAssignedTo) {
  auto descriptor = open_null();
  const int old = descriptor.get();
  descriptor = open_null();
  EXPECT_EQ(::fcntl(old, F_GETFD), -1);
}

// ---- What can travel ----

static_assert(mp::can_travel<int>);
static_assert(mp::can_travel<const double>);
static_assert(mp::can_travel<std::string>);
static_assert(mp::can_travel<std::plus<>>);
static_assert(mp::can_travel<std::vector<std::map<int, std::optional<Point>>>>);
static_assert(mp::can_travel<std::unique_ptr<Point>>);
static_assert(mp::can_travel<std::unordered_map<std::string, std::set<int>>>);
static_assert(mp::can_travel<std::variant<std::monostate, Point>>);
static_assert(mp::can_travel<std::chrono::milliseconds>);
static_assert(mp::can_travel<std::tuple<>>);
static_assert(mp::can_travel<Colour>);
static_assert(mp::can_travel<Empty>);
static_assert(mp::can_travel<Box<int>>);
static_assert(mp::can_travel<Celsius>);
static_assert(mp::can_travel<FileDescriptor>);
static_assert(mp::can_travel<mp::Lock>);
static_assert(mp::can_travel<decltype([] {})>);

static_assert(!mp::can_travel<void>);
static_assert(!mp::can_travel<int&>);
static_assert(!mp::can_travel<int*>);
static_assert(!mp::can_travel<const char*>);
static_assert(!mp::can_travel<char[4]>);
static_assert(!mp::can_travel<std::nullptr_t>);
static_assert(!mp::can_travel<int (*)(int)>);
static_assert(!mp::can_travel<int(int)>);
static_assert(!mp::can_travel<int Point::*>);
static_assert(!mp::can_travel<NoSerializer>);
static_assert(!mp::can_travel<std::vector<int*>>);
static_assert(!mp::can_travel<std::vector<NoSerializer>>);
static_assert(!mp::can_travel<std::vector<std::vector<std::optional<NoSerializer>>>>);
static_assert(!mp::can_travel<std::array<std::array<NoSerializer, 1>, 1>>);
static_assert(!mp::can_travel<std::array<int, 0>>);
static_assert(!mp::can_travel<std::map<int, NoSerializer>>);
static_assert(!mp::can_travel<std::tuple<int, int*>>);
static_assert(!mp::can_travel<std::pair<int, int&>>);
static_assert(!mp::can_travel<std::variant<int, NoSerializer>>);
static_assert(!mp::can_travel<std::unique_ptr<NoSerializer>>);
static_assert(!mp::can_travel<std::unique_ptr<int[]>>);
static_assert(!mp::can_travel<std::unique_ptr<int, void (*)(int*)>>);
static_assert(!mp::can_travel<std::reference_wrapper<int>>);
static_assert(!mp::can_travel<std::function<int(int)>>);
static_assert(!mp::can_travel<std::string_view>);
static_assert(!mp::can_travel<std::span<int>>);
static_assert(!mp::can_travel<std::thread>);
static_assert(!mp::can_travel<std::mutex>);
static_assert(!mp::can_travel<std::atomic<int>>);

TEST(CanTravel, NotWhatCapturesVariables) {
  int number = 1;
  auto capturing = [&number](int other) { return number + other; };
  EXPECT_FALSE(mp::can_travel<decltype(capturing)>);
  EXPECT_FALSE(mp::can_travel<std::vector<decltype(capturing)>>);
}

// ---- Names ----

TEST(TypeName, IsWhatAProgrammerWrites) {
  EXPECT_EQ(mp::type_name<int>(), "int");
  EXPECT_EQ(mp::type_name<std::string>(), "std::string");
  EXPECT_EQ(mp::type_name<Point>(), "Point");
  EXPECT_EQ(mp::type_name<std::vector<std::string>>(), "std::vector<std::string>");
  EXPECT_EQ((mp::type_name<std::map<std::string, std::vector<std::unique_ptr<Point>>>>()),
            "std::map<std::string, std::vector<std::unique_ptr<Point>>>");
  EXPECT_EQ((mp::type_name<std::unordered_map<int, std::list<std::set<int>>>>()),
            "std::unordered_map<int, std::list<std::set<int>>>");
  EXPECT_EQ(mp::readable_type_name("not a mangled name"), "not a mangled name");
}

// ---- Wrong, torn and damaged bytes ----

TEST(Message, NamesBothTypesWhenTheyDiffer) {
  EXPECT_THAT(
      [] { mp::decode<int>(mp::encode("a"s)); },
      ThrowsMessage<MessageError>("expected a message of type 'int', received 'std::string'"));
  EXPECT_THAT(([] { mp::decode<std::vector<Point>>(mp::encode(std::vector<int>{})); }),
              ThrowsMessage<MessageError>(
                  AllOf(HasSubstr("'std::vector<Point>'"), HasSubstr("'std::vector<int>'"))));
  EXPECT_THROW(mp::decode<unsigned>(mp::encode(1)), MessageError);
  EXPECT_THROW(mp::decode<long long>(mp::encode(1L)), MessageError);
}

TEST(Message, DoesNotShowAHostileName) {
  auto message = mp::encode(1);
  message.bytes[8] = '\x1b';  // would start a terminal's control sequence
  EXPECT_THAT([&] { mp::decode<int>(std::move(message)); },
              ThrowsMessage<MessageError>(
                  "expected a message of type 'int', received one of unknown type"));
}

TEST(Message, RefusesBytesLeftOver) {
  auto message = mp::encode(std::vector{1, 2});
  message.bytes += '\0';
  EXPECT_THAT(
      [&] { mp::decode<std::vector<int>>(std::move(message)); },
      ThrowsMessage<MessageError>(AllOf(HasSubstr("'std::vector<int>'"), HasSubstr("left over"))));
}

template <class T>
void expect_truncation_is_noticed(const T& value) {
  const auto whole = mp::encode(value).bytes;
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(mp::decode<T>({whole.substr(0, size), {}}), MessageError)
        << mp::type_name<T>() << " cut after " << size << " bytes";
}

// Expects a value or MessageError; the sanitizers notice everything else.
template <class T>
void corrupt_every_byte(const T& value) {
  const auto whole = mp::encode(value).bytes;
  for (std::size_t position = 0; position < whole.size(); ++position) {
    for (int byte = 0; byte < 256; ++byte) {
      auto bytes = whole;
      bytes[position] = static_cast<char>(byte);
      try {
        const auto arrived = mp::decode<T>({std::move(bytes), {}});
        mp::encode(arrived);  // a value like any other
      } catch (const MessageError&) {
      }
    }
  }
}

void for_several_values(auto test) {
  test(7);
  test("seven"s);
  test(Empty{});
  test(Colour::green);
  test(std::vector{1, 2, 3});
  test(std::vector{true, false, true});
  test(std::array{true, false, true});
  test(std::vector{Point{1, 2}, Point{3, 4}});
  test(std::deque{"a"s, "b"s});
  test(std::list{1.5, 2.5});
  test(std::map<std::string, std::vector<double>>{{"a", {1, 2}}, {"b", {}}});
  test(std::unordered_map<int, std::string>{{1, "a"}, {2, "b"}});
  test(std::unordered_set{1, 2});
  test(std::set<std::string>{"a", "b"});
  test(std::tuple{1, 2.5, "three"s, std::optional{4}, true});
  test(std::vector<std::variant<std::monostate, int, std::string>>{1, "two", {}});
  test(std::complex{1.0, 2.0});
  test(std::vector{std::make_shared<int>(1), std::make_shared<int>(2)});
  test(std::make_unique<std::string>("a"));
  const auto shared = std::make_shared<std::string>("a");
  test(std::tuple{shared, shared, std::make_shared<std::vector<int>>(2)});
}

TEST(Message, NoticesTruncationAnywhere) {
  for_several_values([](const auto& value) { expect_truncation_is_noticed(value); });
}

TEST(Message, SurvivesAnyDamagedByte) {
  for_several_values([](const auto& value) { corrupt_every_byte(value); });
}

TEST(Message, SurvivesRandomDamage) {
  std::mt19937 random{42};
  for_several_values([&]<class T>(const T& value) {
    const auto whole = mp::encode(value).bytes;
    for (int i = 0; i < 2000; ++i) {
      auto bytes = whole;
      for (auto hits = random() % 8; hits > 0; --hits)
        bytes[random() % bytes.size()] = static_cast<char>(random());
      bytes.resize(random() % 4 == 0 ? random() % bytes.size() : bytes.size());
      try {
        mp::decode<T>({std::move(bytes), {}});
      } catch (const MessageError&) {
      }
    }
  });
}

// Runs with so little address space that allocating a size without checking it would fail.
void with_little_memory(auto test) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  rlimit old{};
  mp::check(::getrlimit(RLIMIT_AS, &old), "getrlimit");
  const rlimit small{.rlim_cur = 1 << 30, .rlim_max = old.rlim_max};
  mp::check(::setrlimit(RLIMIT_AS, &small), "setrlimit");
  test();
  mp::check(::setrlimit(RLIMIT_AS, &old), "setrlimit");
#else
  test();  // the sanitizer itself takes terabytes of address space and reports huge allocations
#endif
}

template <class T>
void expect_hostile_size_is_refused(std::uint64_t count) {
  Message message;
  mp::Writer{message}(mp::type_name<T>(), count);
  message.bytes.append(100, '\1');
  EXPECT_THROW(mp::decode<T>(std::move(message)), MessageError) << mp::type_name<T>();
}

TEST(Message, TakesNoSizeOnTrust) {
  with_little_memory([] {
    for (const std::uint64_t count :
         {std::uint64_t{101}, std::uint64_t{1} << 33, std::uint64_t{1} << 61, ~std::uint64_t{0}}) {
      expect_hostile_size_is_refused<std::string>(count);
      expect_hostile_size_is_refused<std::u32string>(count);
      expect_hostile_size_is_refused<std::vector<double>>(count);
      expect_hostile_size_is_refused<std::vector<bool>>(count);
      expect_hostile_size_is_refused<std::vector<Empty>>(count);
      expect_hostile_size_is_refused<std::vector<FileDescriptor>>(count);
      expect_hostile_size_is_refused<std::vector<std::array<double, 10'000>>>(count);
      expect_hostile_size_is_refused<std::deque<int>>(count);
      expect_hostile_size_is_refused<std::list<int>>(count);
      expect_hostile_size_is_refused<std::set<int>>(count);
      expect_hostile_size_is_refused<std::map<int, int>>(count);
      expect_hostile_size_is_refused<std::unordered_set<int>>(count);
      expect_hostile_size_is_refused<std::unordered_map<int, int>>(count);
    }
  });
}

TEST(Message, RefusesASharedPointerOfAnotherType) {
  using Pair = std::pair<std::shared_ptr<std::string>, std::shared_ptr<std::vector<int>>>;
  Message message;
  // The second pointer claims to be the first one again.
  mp::Writer{message}(mp::type_name<Pair>(), std::uint32_t{0x80000001}, "a"s, std::uint32_t{1});
  EXPECT_THROW(mp::decode<Pair>(std::move(message)), MessageError);
}

TEST(Message, RefusesNestingThatWouldOverflowTheStack) {
  Chain shallow;
  for (int i = 0; i < 500; ++i) {
    auto next = std::make_unique<Chain>(std::move(shallow));
    shallow.next = std::move(next);
  }
  EXPECT_NO_THROW(there_and_back(shallow));

  Message message;
  mp::Writer{message}(mp::type_name<Chain>());
  message.bytes.append(10 << 20, '\1');
  EXPECT_THAT([&] { mp::decode<Chain>(std::move(message)); },
              ThrowsMessage<MessageError>(HasSubstr("nested")));
}

TEST(Message, SurvivesTheCorpusOfHostileBytes) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{MESSAGE_CORPUS}) {
    std::ifstream file{entry.path(), std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    ++files;
  }
  EXPECT_GT(files, 0);
}

// ---- Over a socket ----

struct Sockets {
  FileDescriptor here, there;
  Sockets() {
    int ends[2];
    mp::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
    here = FileDescriptor{ends[0]};
    there = FileDescriptor{ends[1]};
  }
  void shrink_buffers() const {
    const int size = 1;  // the kernel rounds it up to its minimum
    for (const int end : {here.get(), there.get()})
      mp::check(::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), "setsockopt");
  }
};

// The other side of the socket; joined at the end of the test.
using Peer = std::jthread;

std::string random_bytes(std::size_t size) {
  std::mt19937_64 random{size};
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// EXPECT_EQ would print 64 MiB.
void expect_same(const std::string& received, const std::string& sent) {
  EXPECT_TRUE(received == sent) << received.size() << " bytes received, " << sent.size() << " sent";
}

TEST(MessageOverSocket, ArrivesWholeWhateverItsSize) {
  Sockets sockets;
  for (const auto size :
       std::vector<std::size_t>{0, 1, 111, 112, 113, 4095, 4096, 65'536, (1 << 20) - 1, 1 << 20,
                                (1 << 20) + 1, 3 << 20, 64 << 20}) {
    const Message message{random_bytes(size), {}};
    Peer sender{[&] { message.send(sockets.there); }};
    expect_same(Message::receive(sockets.here).bytes, message.bytes);
  }
}

TEST(MessageOverSocket, KeepsOrder) {
  Sockets sockets;
  Peer sender{[&] {
    for (int i = 0; i < 1000; ++i) mp::encode(i).send(sockets.there);
    sockets.there.close();
  }};
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(mp::decode<int>(Message::receive(sockets.here)), i);
  EXPECT_THROW(Message::receive(sockets.here), mp::EndOfFile);
}

TEST(MessageOverSocket, CarriesManyDescriptors) {
  Sockets sockets;
  const auto null = open_null();
  const auto before = open_descriptors();
  for (const auto count : std::vector<std::size_t>{0, 1, 2, 252, 253, 254, 300}) {
    Message message{"bytes", {}};
    for (std::size_t i = 0; i < count; ++i) message.descriptors.push_back(null.duplicate());
    Peer sender{[&] { message.send(sockets.there); }};
    const auto received = Message::receive(sockets.here);
    EXPECT_EQ(received.bytes, "bytes");
    ASSERT_EQ(received.descriptors.size(), count);
    for (const auto& descriptor : received.descriptors) {
      EXPECT_TRUE(same_file(descriptor, null));
      EXPECT_EQ(::fcntl(descriptor.get(), F_GETFD), FD_CLOEXEC);
    }
  }
  EXPECT_EQ(open_descriptors(), before);
}

// Raises or lowers the soft limit of open descriptors during its lifetime.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t limit) {
    mp::check(::getrlimit(RLIMIT_NOFILE, &old_), "getrlimit");
    const rlimit changed{.rlim_cur = std::min(limit, old_.rlim_max), .rlim_max = old_.rlim_max};
    mp::check(::setrlimit(RLIMIT_NOFILE, &changed), "setrlimit");
  }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &old_); }

 private:
  rlimit old_{};
};

TEST(MessageOverSocket, CarriesSixHundredDescriptors) {
  const DescriptorLimit limit{2048};
  Sockets sockets;
  const auto null = open_null();
  Message message;
  for (int i = 0; i < 600; ++i) message.descriptors.push_back(null.duplicate());
  Peer sender{[&] { message.send(sockets.there); }};
  EXPECT_EQ(Message::receive(sockets.here).descriptors.size(), 600u);
}

TEST(MessageOverSocket, LeaksNothingWhenTheDescriptorTableIsFull) {
  Sockets sockets;
  const auto null = open_null();
  Message message{"bytes", {}};
  for (int i = 0; i < 300; ++i) message.descriptors.push_back(null.duplicate());
  const auto before = open_descriptors();
  message.send(sockets.there);  // little enough to be sent before anything is received
  mp::encode("next"s).send(sockets.there);
  try {
    // Space for some of them.
    const DescriptorLimit limit{static_cast<rlim_t>(message.descriptors.back().get()) + 100};
    Message::receive(sockets.here);
    ADD_FAILURE() << "received all";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::too_many_files_open);
    EXPECT_THAT(error.what(), HasSubstr("recvmsg"));
  }
  EXPECT_EQ(mp::decode<std::string>(Message::receive(sockets.here)), "next");
  EXPECT_EQ(open_descriptors(), before);
}

TEST(MessageOverSocket, SurvivesTinyBuffersAndASlowReader) {
  Sockets sockets;
  sockets.shrink_buffers();
  const auto null = open_null();
  Message message{random_bytes(1 << 20), {}};
  for (int i = 0; i < 300; ++i) message.descriptors.push_back(null.duplicate());
  Sockets slow;  // forwards the bytes one by one at first
  Peer sender{[&] {
    message.send(sockets.there);
    Message{message.bytes, {}}.send(slow.there);
  }};
  const auto received = Message::receive(sockets.here);
  expect_same(received.bytes, message.bytes);
  EXPECT_EQ(received.descriptors.size(), 300u);

  Sockets onward;
  Peer reader{[&] {
    std::string bytes(message.bytes.size() + 16, '\0');
    for (std::size_t done = 0; done < bytes.size();) {
      const auto part = done < 1000 ? 1 : std::size_t{777};
      const auto got = mp::check(::recv(slow.here.get(), bytes.data(), part, 0), "recv");
      mp::check(::send(onward.there.get(), bytes.data(), static_cast<std::size_t>(got), 0), "send");
      done += static_cast<std::size_t>(got);
    }
  }};
  expect_same(Message::receive(onward.here).bytes, message.bytes);
}

TEST(MessageOverSocket, SurvivesSignals) {
  struct sigaction count {
  }, old{};
  static std::atomic<int> signals;
  signals = 0;
  count.sa_handler = [](int) { ++signals; };  // without SA_RESTART: system calls return EINTR
  mp::check(::sigaction(SIGALRM, &count, &old), "sigaction");
  const itimerval often{.it_interval = {0, 200}, .it_value = {0, 200}};
  mp::check(::setitimer(ITIMER_REAL, &often, nullptr), "setitimer");

  Sockets sockets;
  sockets.shrink_buffers();
  const auto null = open_null();
  for (int i = 0; i < 20; ++i) {
    Message message{random_bytes(1 << 20), {}};
    for (int j = 0; j < 20; ++j) message.descriptors.push_back(null.duplicate());
    Peer sender{[&] { message.send(sockets.there); }};
    const auto received = Message::receive(sockets.here);
    expect_same(received.bytes, message.bytes);
    EXPECT_EQ(received.descriptors.size(), 20u);
  }
  // A receiver that waits until several signals have come.
  Peer waiting{[&] { EXPECT_EQ(mp::decode<int>(Message::receive(sockets.here)), 1); }};
  for (const int already = signals; signals < already + 10;) std::this_thread::yield();
  mp::encode(1).send(sockets.there);
  waiting.join();

  const itimerval off{};
  ::setitimer(ITIMER_REAL, &off, nullptr);
  ::sigaction(SIGALRM, &old, nullptr);
}

TEST(MessageOverSocket, SenderGoneBeforeTheFirstByteIsEndOfFile) {
  Sockets sockets;
  sockets.there.close();
  EXPECT_THROW(Message::receive(sockets.here), mp::EndOfFile);
  EXPECT_THROW(Message::receive(sockets.here), mp::EndOfFile);
}

TEST(MessageOverSocket, SenderGoneInTheMiddleIsAnError) {
  // The bytes of a message with a descriptor, as sent over the socket.
  const auto null = open_null();
  Message message{random_bytes(200), {}};
  message.descriptors.push_back(null.duplicate());
  std::string stream(16 + message.bytes.size() + 1, '\0');
  {
    Sockets sockets;
    message.send(sockets.there);
    mp::check(::recv(sockets.here.get(), stream.data(), stream.size(), MSG_WAITALL), "recv");
  }
  for (std::size_t size = 1; size < stream.size(); ++size) {
    Sockets sockets;
    mp::check(::send(sockets.there.get(), stream.data(), size, 0), "send");
    sockets.there.close();
    EXPECT_THROW(Message::receive(sockets.here), MessageError) << "after " << size << " bytes";
  }
  // All bytes, but without the descriptor.
  Sockets sockets;
  mp::check(::send(sockets.there.get(), stream.data(), stream.size(), 0), "send");
  EXPECT_THROW(Message::receive(sockets.here), MessageError);
}

TEST(MessageOverSocket, SenderGoneWithoutHavingReadIsNotASystemError) {
  Sockets sockets;
  mp::encode(1).send(sockets.here);  // unread, so the system then reports a reset connection
  mp::encode(2).send(sockets.there);
  sockets.there.close();
  try {
    for (;;) Message::receive(sockets.here);
  } catch (const mp::EndOfFile&) {
  }
}

TEST(MessageOverSocket, TakesNoSizeOnTrust) {
  with_little_memory([] {
    for (const std::uint64_t size : {std::uint64_t{1} << 34, ~std::uint64_t{0}}) {
      for (const bool in_bytes : {true, false}) {
        Sockets sockets;
        const std::uint64_t header[] = {in_bytes ? size : 0, in_bytes ? 0 : size};
        mp::check(::send(sockets.there.get(), header, sizeof header, 0), "send");
        mp::check(::send(sockets.there.get(), random_bytes(200).data(), 200, 0), "send");
        sockets.there.close();
        EXPECT_THROW(Message::receive(sockets.here), MessageError);
      }
    }
  });
}

TEST(MessageOverSocket, ReceiverGoneIsABrokenPipeAndNotASignal) {
  const auto null = open_null();
  for (const auto size : std::vector<std::size_t>{0, 1, 10 << 20}) {
    Sockets sockets;
    sockets.here.close();
    EXPECT_THROW((Message{std::string(size, 'x'), {}}.send(sockets.there)), mp::BrokenPipe);
    Message message{"x", {}};
    message.descriptors.push_back(null.duplicate());
    EXPECT_THROW(message.send(sockets.there), mp::BrokenPipe);
  }
}

TEST(MessageOverSocket, ReceiverGoneInTheMiddleIsABrokenPipe) {
  Sockets sockets;
  Peer receiver{[&] {
    std::string some(100'000, '\0');
    mp::check(::recv(sockets.here.get(), some.data(), some.size(), MSG_WAITALL), "recv");
    sockets.here.close();
  }};
  EXPECT_THROW((Message{std::string(64 << 20, 'x'), {}}.send(sockets.there)), mp::BrokenPipe);
}

// ---- Values over a socket; long ones are decoded while they arrive ----

template <class T>
void expect_arrival(const T& value) {
  Sockets sockets;
  sockets.shrink_buffers();
  Peer sender{[&] { mp::send(sockets.there, value); }};
  EXPECT_TRUE(mp::receive<T>(sockets.here) == value) << mp::type_name<T>();
}

// Sends a message of this type followed by a 1 MiB string, and then another message.
template <class T, class... Part>
void expect_error_and_the_next_message(const Part&... parts) {
  Sockets sockets;
  Peer sender{[&] {
    Message message;
    mp::Writer writer{message};
    writer(mp::type_name<T>(), parts..., random_bytes(1 << 20));
    message.send(sockets.there);
    mp::send(sockets.there, 42);
  }};
  EXPECT_THROW(mp::receive<T>(sockets.here), MessageError) << mp::type_name<T>();
  EXPECT_EQ(mp::receive<int>(sockets.here), 42);
}

TEST(ValueOverSocket, ArrivesWhateverItsLength) {
  for (std::size_t size = 0; size < 300; ++size) expect_arrival(random_bytes(size));
  for (const auto size : {1 << 16, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1 << 20, 5 << 20})
    expect_arrival(random_bytes(static_cast<std::size_t>(size)));
}

TEST(ValueOverSocket, ArrivesWhateverItsShape) {
  std::vector<double> numbers(300'000);
  std::vector<std::string> words(100'000);
  std::map<int, std::vector<int>> map;
  std::vector<bool> flags(300'000);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = 1.0 / static_cast<double>(i + 1);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = std::to_string(i) + "'s word";
  for (int i = 0; i < 1000; ++i) map[i].assign(static_cast<std::size_t>(i), i);
  for (std::size_t i = 0; i < flags.size(); i += 3) flags[i] = true;
  expect_arrival(numbers);
  expect_arrival(words);
  expect_arrival(map);
  expect_arrival(flags);
  expect_arrival(std::deque<double>(numbers.begin(), numbers.end()));
  expect_arrival(std::vector<Point>(200'000, Point{1, 2}));
  expect_arrival(std::tuple{1, numbers, "end"s});
  expect_arrival(std::vector<std::vector<double>>{numbers, {}, numbers});
  expect_arrival(Box<std::vector<double>>{numbers});
}

TEST(ValueOverSocket, OfAnotherTypeIsTakenOffTheSocket) {
  Sockets sockets;
  Peer sender{[&] {
    mp::send(sockets.there, std::vector<double>(1 << 17, 1.5));
    mp::send(sockets.there, 42);
  }};
  EXPECT_THAT(
      [&] { mp::receive<std::string>(sockets.here); },
      ThrowsMessage<MessageError>(HasSubstr("expected a message of type 'std::string', received "
                                            "'std::vector<double>'")));
  EXPECT_EQ(mp::receive<int>(sockets.here), 42);
}

TEST(ValueOverSocket, DamagedIsTakenOffTheSocket) {
  expect_error_and_the_next_message<int>(1);  // bytes are left over
  expect_error_and_the_next_message<std::vector<double>>(std::uint64_t{1} << 30);
  expect_error_and_the_next_message<std::vector<std::string>>(std::uint64_t{1} << 18, 1, 2, 3);
  expect_error_and_the_next_message<std::shared_ptr<int>>(std::uint32_t{7});
}

// Cannot be read back.
struct Unreadable {
  std::string content{};
  template <class Archive>
  void save(Archive& archive) const {
    archive(content);
  }
  template <class Archive>
  void load(Archive&) {
    throw std::domain_error{"no"};
  }
};

TEST(ValueOverSocket, WhoseReaderThrowsIsTakenOffTheSocket) {
  Sockets sockets;
  Peer sender{[&] {
    mp::send(sockets.there, Unreadable{random_bytes(1 << 20)});
    mp::send(sockets.there, 42);
  }};
  EXPECT_THROW(mp::receive<Unreadable>(sockets.here), std::domain_error);
  EXPECT_EQ(mp::receive<int>(sockets.here), 42);
}

TEST(ValueOverSocket, SenderGoneInTheMiddleIsAnError) {
  Message message = mp::encode(std::vector<double>(100'000, 1.5));
  std::string stream(16 + message.bytes.size(), '\0');
  {
    Sockets sockets;
    Peer sender{[&] { message.send(sockets.there); }};
    mp::check(::recv(sockets.here.get(), stream.data(), stream.size(), MSG_WAITALL), "recv");
  }
  for (const auto size : {std::size_t{200}, stream.size() / 2, stream.size() - 1}) {
    Sockets sockets;
    Peer sender{[&] {
      for (std::size_t done = 0; done < size;)
        done += static_cast<std::size_t>(mp::check(
            ::send(sockets.there.get(), stream.data() + done, size - done, MSG_NOSIGNAL), "send"));
      sockets.there.close();
    }};
    EXPECT_THAT([&] { mp::receive<std::vector<double>>(sockets.here); },
                ThrowsMessage<MessageError>(HasSubstr("the sender ended in the middle")));
    EXPECT_THROW(mp::receive<int>(sockets.here), mp::EndOfFile);
  }
}

template <class T>
void expect_hostile_size_over_a_socket_is_refused() {
  Message message;
  mp::Writer{message}(mp::type_name<T>(), std::uint64_t{1} << 33);
  message.bytes.append(1000, '\1');
  std::string stream(16 + message.bytes.size(), '\0');
  Sockets sockets;
  message.send(sockets.there);
  mp::check(::recv(sockets.here.get(), stream.data(), stream.size(), MSG_WAITALL), "recv");
  const std::uint64_t announced = std::uint64_t{1} << 40;
  std::memcpy(stream.data(), &announced, sizeof announced);
  mp::check(::send(sockets.there.get(), stream.data(), stream.size(), 0), "send");
  sockets.there.close();
  EXPECT_THROW(mp::receive<T>(sockets.here), MessageError) << mp::type_name<T>();
}

TEST(ValueOverSocket, TakesNoSizeOnTrust) {
  with_little_memory([] {
    expect_hostile_size_over_a_socket_is_refused<std::string>();
    expect_hostile_size_over_a_socket_is_refused<std::vector<double>>();
    expect_hostile_size_over_a_socket_is_refused<std::vector<bool>>();
    expect_hostile_size_over_a_socket_is_refused<std::vector<std::string>>();
    expect_hostile_size_over_a_socket_is_refused<std::map<int, int>>();
  });
}

TEST(ValueOverSocket, BringsItsDescriptors) {
  Sockets sockets;
  Peer sender{[&] {
    std::pair<std::vector<double>, FileDescriptor> value{std::vector<double>(1 << 17, 1.5),
                                                         open_null()};
    mp::send(sockets.there, value);
  }};
  const auto [numbers, descriptor] =
      mp::receive<std::pair<std::vector<double>, FileDescriptor>>(sockets.here);
  EXPECT_EQ(numbers, std::vector<double>(1 << 17, 1.5));
  EXPECT_TRUE(same_file(descriptor, open_null()));
}

}  // namespace
