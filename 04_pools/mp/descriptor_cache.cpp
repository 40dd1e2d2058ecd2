#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mp/descriptor_cache.hpp>

namespace mp::detail {
namespace {

// Whether two descriptors of one file are interchangeable even if it was opened twice, because a
// pipe or anonymous memory has neither a position nor a lock.
bool are_alike(const FileDescriptor& a, const FileDescriptor& b, mode_t type) {
  const auto flags = ::fcntl(a.get(), F_GETFL);
  if (flags == -1 || flags != ::fcntl(b.get(), F_GETFL)) return false;
  return S_ISFIFO(type) || S_ISSOCK(type) || ::fcntl(a.get(), F_GET_SEALS) != -1;
}

// Whether both, which have one device and inode, are the same open file, with one position and one
// set of flags. The kernel does not always say, especially in a container.
bool are_same(const FileDescriptor& a, const FileDescriptor& b, mode_t type) {
  const auto own = ::getpid();
  const auto order = ::syscall(SYS_kcmp, own, own, KCMP_FILE, a.get(), b.get());
  return order == 0 || (order == -1 && are_alike(a, b, type));
}

}  // namespace

std::vector<DescriptorCache::Shared> DescriptorCache::share(
    std::vector<FileDescriptor> descriptors) {
  std::vector<Shared> shared;
  for (auto& descriptor : descriptors) shared.push_back(share(std::move(descriptor)));
  return shared;
}

DescriptorCache::Shared DescriptorCache::share(FileDescriptor descriptor) {
  struct stat status {};
  const bool is_open = ::fstat(descriptor.get(), &status) == 0;
  const std::pair key{status.st_dev, status.st_ino};
  if (is_open) {
    for (auto [at, end] = known_.equal_range(key); at != end; ++at)
      if (auto known = at->second.lock(); known && are_same(*known, descriptor, status.st_mode))
        return known;
  }
  if (known_.size() >= prune_at_) {
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    prune_at_ = 2 * known_.size() + 64;
  }
  auto shared = std::make_shared<const FileDescriptor>(std::move(descriptor));
  if (is_open) known_.emplace(key, shared);
  return shared;
}

}  // namespace mp::detail
