#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <mp/file_size_limit.hpp>
#include <mp/shared_memory.hpp>

namespace mp {

namespace detail {

/// A file of anonymous memory, mapped until its last piece in this process is gone.
class MemoryFile {
 public:
  /// Maps the whole file. Throws std::system_error, which names the size.
  MemoryFile(FileDescriptor file, std::size_t size);

  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (!stays_mapped_) ::munmap(data_, size_);
  }

  const FileDescriptor& descriptor() const noexcept { return file_; }
  std::byte* data() const noexcept { return data_; }

  void keep_mapped() noexcept { stays_mapped_ = true; }

 private:
  FileDescriptor file_;
  std::byte* data_;
  std::size_t size_;
  std::atomic<bool> stays_mapped_ = false;
};

}  // namespace detail

namespace {

using detail::MemoryFile;
using File = std::shared_ptr<MemoryFile>;

[[noreturn]] void throw_no_room(int error, std::size_t size, const char* call) {
  throw std::system_error(
      error, std::generic_category(),
      "not enough shared memory for " + std::to_string(size) + " bytes: " + call);
}

int resize(const FileDescriptor& file, std::size_t size) {
  const detail::FileSizeLimitIsAnError guard;
  return retry([&] { return ::ftruncate(file.get(), static_cast<off_t>(size)); });
}

File create(std::size_t size) {
  FileDescriptor file{check(::memfd_create("mp", MFD_CLOEXEC), "memfd_create")};
  if (!std::in_range<off_t>(size)) throw_no_room(EFBIG, size, "ftruncate");
  if (resize(file, size) == -1) throw_no_room(errno, size, "ftruncate");
  return std::make_shared<MemoryFile>(std::move(file), size);
}

// ---- Small pieces ----

// An arena is a file for small pieces, one after the other. No piece is reused, so each is zeroed,
// and none has to be returned, because the file is freed with its last piece. It begins with the
// amount taken, in shared memory, because a forked child keeps using its parent's arena.
constexpr std::size_t arena_size = 1 << 16, max_in_arena = 4096;
constexpr std::size_t alignment = 128;  // cache lines come in pairs

using Taken = std::atomic<std::size_t>;

struct Piece {
  File file;
  std::size_t offset;
};

thread_local bool has_ended = false;  // after which this thread's arena is no longer usable

struct Arena {
  std::weak_ptr<MemoryFile> file;
  ~Arena() { has_ended = true; }
};

// Returns nothing if there is no memory for a whole arena; there may be enough for a single piece.
std::optional<Piece> take_from_arena(std::size_t size) {
  thread_local Arena arena;
  const std::size_t bytes = (size + alignment - 1) / alignment * alignment;
  auto file = arena.file.lock();
  for (;;) {
    if (!file) {
      try {
        file = create(arena_size);
      } catch (const std::system_error&) {
        return std::nullopt;
      }
      new (file->data()) Taken{alignment};
      arena.file = file;
    }
    auto& taken = *std::launder(reinterpret_cast<Taken*>(file->data()));
    const auto offset = taken.fetch_add(bytes, std::memory_order_relaxed);
    if (offset <= arena_size - bytes) return Piece{std::move(file), offset};
    file.reset();
  }
}

// Each piece that is not in an arena has a file of its own.
Piece take(std::size_t size) {
  if (size <= max_in_arena && !has_ended)
    if (auto piece = take_from_arena(size)) return *std::move(piece);
  return {create(size), 0};
}

}  // namespace

MemoryFile::MemoryFile(FileDescriptor file, std::size_t size)
    : file_{std::move(file)}, size_{size} {
  void* const address = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
  if (address == MAP_FAILED) throw_no_room(errno, size_, "mmap");
  data_ = static_cast<std::byte*>(address);
}

SharedMemory::SharedMemory(std::size_t size) {
  if (size == 0) return;  // mmap rejects it
  auto [file, offset] = take(size);
  *this = SharedMemory{std::move(file), offset, size};
}

SharedMemory::SharedMemory(File file, std::size_t offset, std::size_t size)
    : file_{std::move(file)}, data_{file_->data() + offset}, size_{size} {}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : file_{std::move(other.file_)},
      data_{std::exchange(other.data_, nullptr)},
      size_{std::exchange(other.size_, 0)} {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  SharedMemory arrived{std::move(other)};
  std::swap(file_, arrived.file_);
  std::swap(data_, arrived.data_);
  std::swap(size_, arrived.size_);
  return *this;
}

SharedMemory::~SharedMemory() = default;

void SharedMemory::keep_mapped() noexcept {
  if (file_) file_->keep_mapped();
  file_.reset();
  data_ = nullptr;
  size_ = 0;
}

void SharedMemory::save(Writer& writer) const {
  static const FileDescriptor none;
  writer(file_ ? file_->descriptor() : none);
  writer(file_ ? static_cast<std::size_t>(data_ - file_->data()) : 0, size_);
}

void SharedMemory::load(Reader& reader) {
  FileDescriptor descriptor;
  std::size_t offset = 0, size = 0;
  reader(descriptor);
  reader(offset, size);
  SharedMemory arrived;
  if (descriptor) {
    struct stat status {};
    check(::fstat(descriptor.get(), &status), "fstat");
    const auto whole = static_cast<std::size_t>(status.st_size);
    if (size == 0 || size > whole || offset > whole - size || offset % alignment != 0)
      throw MessageError{"the message contains no shared memory of this size"};
    arrived = {std::make_shared<MemoryFile>(std::move(descriptor), whole), offset, size};
  }
  *this = std::move(arrived);
}

}  // namespace mp
