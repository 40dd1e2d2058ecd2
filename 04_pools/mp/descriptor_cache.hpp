#pragma once

#include <sys/types.h>
#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <mp/file_descriptor.hpp>

namespace mp::detail {

/// One descriptor for each open file, however many waiting chunks it travels with: a process has
/// room for a thousand descriptors, and a pool for more chunks that refer to one queue.
class DescriptorCache {
 public:
  using Shared = std::shared_ptr<const FileDescriptor>;

  /// Keeps those that are not known yet, and closes the others.
  std::vector<Shared> share(std::vector<FileDescriptor> descriptors);

 private:
  Shared share(FileDescriptor descriptor);

  std::multimap<std::pair<dev_t, ino_t>, std::weak_ptr<const FileDescriptor>> known_;
  std::size_t prune_at_ = 64;
};

}  // namespace mp::detail
