#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <mp/file_size_limit.hpp>
#include <mp/shared_memory.hpp>

namespace mp {
namespace {

[[noreturn]] void throw_no_room(int error, std::size_t size, const char* call) {
  throw std::system_error(
      error, std::generic_category(),
      "not enough shared memory for " + std::to_string(size) + " bytes: " + call);
}

int resize(const FileDescriptor& file, std::size_t size) {
  const detail::FileSizeLimitIsAnError guard;
  return retry([&] { return ::ftruncate(file.get(), static_cast<off_t>(size)); });
}

}  // namespace

SharedMemory::SharedMemory(std::size_t size) : size_{size} {
  file_ = FileDescriptor{check(::memfd_create("mp", MFD_CLOEXEC), "memfd_create")};
  if (!std::in_range<off_t>(size)) throw_no_room(EFBIG, size, "ftruncate");
  if (resize(file_, size) == -1) throw_no_room(errno, size, "ftruncate");
  map();
}

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

SharedMemory::~SharedMemory() {
  if (data_) ::munmap(data_, size_);
}

void SharedMemory::keep_mapped() noexcept {
  file_.close();
  data_ = nullptr;
  size_ = 0;
}

void SharedMemory::map() {
  if (size_ == 0) return;  // mmap rejects it
  void* const address = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
  if (address == MAP_FAILED) throw_no_room(errno, size_, "mmap");
  data_ = static_cast<std::byte*>(address);
}

void SharedMemory::save(Writer& writer) const { writer(file_); }

void SharedMemory::load(Reader& reader) {
  SharedMemory arrived;
  reader(arrived.file_);
  if (arrived.file_) {
    struct stat status {};
    check(::fstat(arrived.file_.get(), &status), "fstat");
    arrived.size_ = static_cast<std::size_t>(status.st_size);
    arrived.map();
  }
  *this = std::move(arrived);
}

}  // namespace mp
