#pragma once

#include <sys/types.h>
#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <mp/file_descriptor.hpp>

namespace mp::detail {

/// Keeps one descriptor for each open file, however many waiting chunks contain it. A process may
/// have about a thousand descriptors, and a pool more chunks that refer to one queue.
class DescriptorCache {
 public:
  using Shared = std::shared_ptr<const FileDescriptor>;

  /// Keeps new ones and closes the others.
  std::vector<Shared> share(std::vector<FileDescriptor> descriptors);

 private:
  Shared share(FileDescriptor descriptor);

  std::multimap<std::pair<dev_t, ino_t>, std::weak_ptr<const FileDescriptor>> known_;
  std::size_t prune_at_ = 64;
};

}  // namespace mp::detail
