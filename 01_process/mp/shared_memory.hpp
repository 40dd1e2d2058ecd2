#pragma once

#include <cstddef>
#include <memory>

#include <mp/message.hpp>

namespace mp {

namespace detail {
class MemoryFile;
}

/// Memory that processes share, zeroed and anonymous. It has no name that could be left behind, and
/// is freed with the last process that uses it, however that ends. Pages are allocated when first
/// touched. A forked child shares it; to other processes it is sent as a descriptor.
///
/// Small pieces share a file, because a process may have only about a thousand descriptors. A
/// process that receives one could therefore access the others.
class SharedMemory {
 public:
  SharedMemory() noexcept = default;

  /// `size` in bytes. Throws std::system_error, which names the size, when memory is exhausted.
  explicit SharedMemory(std::size_t size);

  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

  /// Releases the memory, but leaves it mapped until this process ends.
  void keep_mapped() noexcept;

  using process_shared = void;
  void save(Writer& writer) const;
  void load(Reader& reader);

 private:
  SharedMemory(std::shared_ptr<detail::MemoryFile> file, std::size_t offset, std::size_t size);

  std::shared_ptr<detail::MemoryFile> file_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace mp
