#include <linux/kcmp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mp/descriptor_cache.hpp>

namespace mp::detail {
namespace {

// Whether both are the same open file, with one position and one set of flags. False where the
// kernel does not tell.
bool are_same(const FileDescriptor& a, const FileDescriptor& b) {
  const auto own = ::getpid();
  return ::syscall(SYS_kcmp, own, own, KCMP_FILE, a.get(), b.get()) == 0;
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
      if (const auto known = at->second.lock(); known && are_same(*known, descriptor)) return known;
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
