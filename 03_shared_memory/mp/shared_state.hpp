#pragma once

#include <cerrno>
#include <cstddef>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include <mp/shared_memory.hpp>

namespace mp::detail {

/// A State in shared memory. A handle to it can be sent to other processes; State::name says what
/// it is.
template <class State>
class SharedState {
 public:
  SharedState() noexcept = default;  ///< empty, for one that arrives later

  /// Creates a State, followed by `more` bytes of zeroed memory.
  explicit SharedState(std::size_t more) : memory_{sizeof(State) + more} {
    new (memory_.data()) State;
  }

  /// Throws std::system_error when there is no state.
  State& operator*() const {
    if (!memory_.data())
      throw std::system_error(EINVAL, std::generic_category(),
                              std::string{State::name} + " is empty, or was moved");
    return *std::launder(reinterpret_cast<State*>(memory_.data()));
  }
  State* operator->() const { return &**this; }
  explicit operator bool() const noexcept { return memory_.data() != nullptr; }

  /// The memory that follows it.
  template <class T>
  T* more() const {
    return reinterpret_cast<T*>(&**this + 1);
  }

  void save(Writer& writer) const { writer(memory_); }
  void load(Reader& reader) {
    SharedMemory arrived;
    reader(arrived);
    if (arrived.size() < sizeof(State))
      throw MessageError{"the message contains no " + std::string{State::name}};
    memory_ = std::move(arrived);
  }

 private:
  SharedMemory memory_;
};

}  // namespace mp::detail
