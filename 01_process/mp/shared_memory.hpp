#pragma once

#include <cstddef>

#include <mp/message.hpp>

namespace mp {

/// Memory that several processes see, zeroed and anonymous: it has no name that could be left
/// behind, and is gone with the last process that uses it, however that ends. Pages take memory
/// when they are touched. A child made by fork shares it; to others it travels as a descriptor.
class SharedMemory {
 public:
  SharedMemory() noexcept = default;

  /// `size` in bytes. Throws std::system_error that names the size when there is no room.
  explicit SharedMemory(std::size_t size);

  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

  /// Gives the memory up, but leaves it where it is until this process ends.
  void keep_mapped() noexcept;

  using process_shared = void;
  void save(Writer& writer) const;
  void load(Reader& reader);

 private:
  void map();

  FileDescriptor file_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace mp
