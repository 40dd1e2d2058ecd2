#include <exception>
#include <list>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>
#include <cereal/types/polymorphic.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mp/message.hpp>

// Values with difficult shapes: elements without bytes, abstract bases, deep nesting.

namespace {

using mp::MessageError;
using testing::HasSubstr;
using testing::ThrowsMessage;

template <class T>
T there_and_back(const T& value) {
  return mp::decode<T>(mp::encode(value));
}

// ---- Without bytes ----

struct Cell {
  int cache = 0;  // not worth sending
  template <class Archive>
  void serialize(Archive&) {}
};

struct Named {
  virtual ~Named() = default;
  virtual const char* name() const { return "named"; }
  template <class Archive>
  void serialize(Archive&) {}
};

struct Framed {
  Cell before;
  std::vector<Cell> cells;
  Cell after;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(before, cells, after);
  }
};

TEST(MessageShapes, ElementsWithoutBytesArrive) {
  EXPECT_EQ(there_and_back(std::vector<Cell>(100)).size(), 100U);
  EXPECT_EQ(there_and_back(std::vector<Named>(100)).size(), 100U);
  EXPECT_EQ(there_and_back(std::list<std::tuple<>>(100)).size(), 100U);
  EXPECT_EQ(there_and_back(Framed{{}, std::vector<Cell>(7), {}}).cells.size(), 7U);
}

TEST(MessageShapes, ACountIsNotTakenOnTrustAlthoughElementsHaveNoBytes) {
  mp::Message message;
  mp::Writer{message}(mp::type_name<std::vector<Cell>>(), cereal::size_type{1} << 33U);
  EXPECT_THAT([&] { mp::decode<std::vector<Cell>>(std::move(message)); },
              ThrowsMessage<MessageError>(HasSubstr("more elements than it holds")));
}

// ---- Abstract bases ----

struct Shape {
  Shape() = default;
  Shape(const Shape&) = default;
  Shape& operator=(const Shape&) = default;
  virtual ~Shape() = default;
  virtual double area() const = 0;
};

struct Square : Shape {
  double side = 2;
  double area() const override { return side * side; }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(side);
  }
};

TEST(MessageShapes, PointersToAnAbstractBaseArrive) {
  const std::unique_ptr<Shape> unique = std::make_unique<Square>();
  EXPECT_EQ(there_and_back(unique)->area(), 4);
  const std::vector<std::shared_ptr<Shape>> shared{std::make_shared<Square>(), nullptr};
  const auto arrived = there_and_back(shared);
  EXPECT_EQ(arrived.at(0)->area(), 4);
  EXPECT_EQ(arrived.at(1), nullptr);
}

// ---- Depth ----

struct Node {
  std::unique_ptr<Node> next;

  Node() = default;
  explicit Node(int length) {
    for (; length > 1; --length) {
      auto node = std::make_unique<Node>();
      node->next = std::move(next);
      next = std::move(node);
    }
  }
  Node(Node&&) = default;
  ~Node() {
    while (next) next = std::exchange(next->next, nullptr);  // one by one, not recursively
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(next);
  }
};

TEST(MessageShapes, WhatIsTooDeepToBeReadIsNotSent) {
  EXPECT_NO_THROW(there_and_back(Node{900}));
  for (const int length : {2'000, 200'000}) {
    const Node list{length};
    EXPECT_THAT([&] { mp::encode(list); },
                ThrowsMessage<mp::CannotTravel>(HasSubstr("nested more than 5000 levels deep")))
        << length;
  }
}

// The longest list that can be sent can be read.
TEST(MessageShapes, SenderAndReceiverHaveTheSameLimit) {
  int longest = 0;
  for (int step = 1024; step > 0; step /= 2) {
    try {
      mp::encode(Node{longest + step});
      longest += step;
    } catch (const mp::CannotTravel&) {
    }
  }
  EXPECT_GE(longest, 900);
  EXPECT_NO_THROW(there_and_back(Node{longest}));
}

}  // namespace

CEREAL_REGISTER_TYPE(Square)
CEREAL_REGISTER_POLYMORPHIC_RELATION(Shape, Square)
