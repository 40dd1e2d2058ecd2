// Plain structs, which are sent without a `serialize`.
#include <unistd.h>
#include <any>
#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mp/message.hpp>

namespace {

template <class T>
T there_and_back(const T& value) {
  return mp::decode<T>(mp::encode(value));
}

struct Point {
  int x = 0, y = 0;
  bool operator==(const Point&) const = default;
};

template <class T>
struct Around {
  int before;
  T content;
  std::string after = "end";
  bool operator==(const Around&) const = default;
};

struct Tree {
  int value;
  std::vector<Tree> branches;
  std::unique_ptr<Tree> parent;
};

struct Dozen {
  int a, b, c, d, e, f, g, h, i, j, k, l;
  bool operator==(const Dozen&) const = default;
};

struct ThirteenMembers {
  int a, b, c, d, e, f, g, h, i, j, k, l, m;
};

// cereal's other ways of writing a struct take precedence.
struct OnlySecond {
  int first, second;
};
template <class Archive>
void serialize(Archive& archive, OnlySecond& value) {
  archive(value.second);
}

struct Versioned {
  int first, second;
  template <class Archive>
  void serialize(Archive& archive, std::uint32_t) {
    archive(second);
  }
};

struct Split {
  int first, second;
};
template <class Archive>
void save(Archive& archive, const Split& value) {
  archive(value.second);
}
template <class Archive>
void load(Archive& archive, Split& value) {
  archive(value.second);
}

struct Empty {};
struct Derived : Point {
  int z;
};
struct Tagged : Empty {
  int value;
};
struct Constant {
  const int value = 3;
};
struct Reference {
  int& value;
};
union Number {
  int integer;
  float real;
};

TEST(Aggregate, TravelsMemberByMember) {
  const Around<Point> value{1, {2, 3}, "four"};
  EXPECT_EQ(there_and_back(value), value);
  const Around<std::vector<Point>> many{1, {{2, 3}, {4, 5}}};
  EXPECT_EQ(there_and_back(many), many);
  const Around<std::optional<Around<Point>>> nested{1, Around<Point>{2, {3, 4}, "five"}};
  EXPECT_EQ(there_and_back(nested), nested);
  const Dozen dozen{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  EXPECT_EQ(there_and_back(dozen), dozen);
}

TEST(Aggregate, MayContainItself) {
  Tree tree{1, {}, std::make_unique<Tree>(Tree{2, {}, {}})};
  tree.branches.push_back(Tree{3, {}, {}});
  const Tree arrived = there_and_back(tree);
  EXPECT_EQ(arrived.parent->value, 2);
  EXPECT_EQ(arrived.branches.at(0).value, 3);
}

TEST(Aggregate, BringsItsDescriptors) {
  const Around<mp::FileDescriptor> standard_error{1, mp::FileDescriptor{dup(STDERR_FILENO)}};
  EXPECT_TRUE(there_and_back(standard_error).content);
}

TEST(Aggregate, ItsOwnSerializerIsUsed) {
  EXPECT_EQ(there_and_back(OnlySecond{1, 2}).first, 0);
  EXPECT_EQ(there_and_back(OnlySecond{1, 2}).second, 2);
  EXPECT_EQ(there_and_back(Versioned{1, 2}).first, 0);
  EXPECT_EQ(there_and_back(Versioned{1, 2}).second, 2);
  EXPECT_EQ(there_and_back(Split{1, 2}).first, 0);
  EXPECT_EQ(there_and_back(Split{1, 2}).second, 2);
}

TEST(Aggregate, CutOffMessageIsRejected) {
  const std::string all = mp::encode(Around<Point>{1, {2, 3}}).bytes;
  for (std::size_t size = 0; size < all.size(); ++size) {
    mp::Message part;
    part.bytes = all.substr(0, size);
    EXPECT_THROW(mp::decode<Around<Point>>(std::move(part)), mp::MessageError) << size;
  }
}

template <class T>
inline constexpr bool travels_in_a_struct = mp::can_travel<Around<T>>;

static_assert(travels_in_a_struct<std::array<int, 3>>);
static_assert(travels_in_a_struct<std::tuple<int, std::string>>);
static_assert(travels_in_a_struct<std::variant<int, Point>>);
static_assert(travels_in_a_struct<std::map<std::string, Point>>);
static_assert(travels_in_a_struct<std::shared_ptr<Point>>);
static_assert(travels_in_a_struct<std::filesystem::path>);
static_assert(travels_in_a_struct<Tree>);
static_assert(travels_in_a_struct<Empty>);

static_assert(!travels_in_a_struct<int*>);
static_assert(!travels_in_a_struct<const char*>);
static_assert(!travels_in_a_struct<std::string_view>);
static_assert(!travels_in_a_struct<std::vector<Around<int*>>>);
static_assert(!travels_in_a_struct<std::function<void()>>);
static_assert(!travels_in_a_struct<std::any>);
static_assert(!travels_in_a_struct<std::mutex>);
static_assert(!travels_in_a_struct<Number>);
static_assert(!travels_in_a_struct<int[2]>);
static_assert(!mp::can_travel<ThirteenMembers>);
static_assert(!mp::can_travel<Derived>);
static_assert(!mp::can_travel<Tagged>);
static_assert(!mp::can_travel<Constant>);
static_assert(!mp::can_travel<Reference>);

}  // namespace
