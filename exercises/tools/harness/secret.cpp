#include <bit>
#include <random>

#include <harness/secret.hpp>

namespace harness {
namespace {

class SipHash {
 public:
  explicit SipHash(const SecretKey& key)
      : a_{key.first ^ 0x736f6d6570736575U},
        b_{key.second ^ 0x646f72616e646f6dU},
        c_{key.first ^ 0x6c7967656e657261U},
        d_{key.second ^ 0x7465646279746573U} {}

  void add(std::uint64_t word) {
    d_ ^= word;
    rounds(2);
    a_ ^= word;
  }

  std::uint64_t result() {
    c_ ^= 0xff;
    rounds(4);
    return a_ ^ b_ ^ c_ ^ d_;
  }

 private:
  void rounds(int count) {
    for (; count > 0; --count) {
      a_ += b_;
      b_ = std::rotl(b_, 13) ^ a_;
      a_ = std::rotl(a_, 32);
      c_ += d_;
      d_ = std::rotl(d_, 16) ^ c_;
      a_ += d_;
      d_ = std::rotl(d_, 21) ^ a_;
      c_ += b_;
      b_ = std::rotl(b_, 17) ^ c_;
      c_ = std::rotl(c_, 32);
    }
  }

  std::uint64_t a_, b_, c_, d_;
};

}  // namespace

SecretKey SecretKey::draw() {
  std::random_device random;
  const auto word = [&] { return std::uint64_t{random()} << 32 | random(); };
  return {.first = word(), .second = word()};
}

std::uint64_t secret_of(const SecretKey& key, const std::array<std::int64_t, 3>& numbers) {
  SipHash hash{key};
  for (const auto number : numbers) hash.add(static_cast<std::uint64_t>(number));
  hash.add(std::uint64_t{8 * numbers.size()} << 56);  // how many bytes there were
  return hash.result();
}

}  // namespace harness
