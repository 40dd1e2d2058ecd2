#include <fcntl.h>

#include <mp/watchdog/owners.hpp>

namespace mp::detail {

void Owners::look_for(const Resource& resource) {
  owners_[resource];
  if (std::holds_alternative<MemoryRegion>(resource)) memory_ = true;
}

void Owners::visit(pid_t pid, bool refusal_counts) {
  const auto thread = living_thread(pid);
  const auto table = descriptors_of(thread);
  if (table.unreadable && refusal_counts) anything_.insert(pid);
  for (const auto& descriptor : table.entries) visit(pid, thread, descriptor);
  if (!memory_) return;
  const auto regions = shared_regions_of(thread);
  if (regions.unreadable && refusal_counts) anything_.insert(pid);
  for (const auto& region : regions.all) add(region, pid);
}

void Owners::visit(pid_t pid, pid_t thread, const Descriptor& descriptor) {
  const auto& [number, file] = descriptor;
  if (file.kind == OpenFile::Kind::socket) {
    add(Socket{file.inode}, pid);
    if (descriptor_fact(thread, number, "scm_fds:").value_or(0) > 0) anything_.insert(pid);
  } else if (file.kind == OpenFile::Kind::pipe) {
    const PipeEnd read{file.inode, PipeEnd::Side::read}, write{file.inode, PipeEnd::Side::write};
    if (!owners_.contains(read) && !owners_.contains(write)) return;
    const auto mode = access_mode(thread, number);
    if (mode != O_WRONLY) add(read, pid);
    if (mode != O_RDONLY) add(write, pid);
  }
}

void Owners::add(const Resource& resource, pid_t pid) {
  if (const auto found = owners_.find(resource); found != owners_.end()) found->second.insert(pid);
}

const Pids& Owners::of(const Resource& resource) const {
  static const Pids none;
  const auto found = owners_.find(resource);
  return found == owners_.end() ? none : found->second;
}

}  // namespace mp::detail
