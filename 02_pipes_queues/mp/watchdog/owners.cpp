#include <fcntl.h>
#include <algorithm>
#include <array>

#include <mp/watchdog/owners.hpp>

namespace mp::detail {
namespace {

// Whether the kernel may signal an eventfd for this process, when a file has been read (AIO,
// io_uring) or by a device. Any file not known to be harmless may be such a device.
bool may_have_kernel_count(pid_t thread, const DescriptorTable& table) {
  constexpr std::array harmless{"anon_inode:[eventpoll]",
                                "anon_inode:[timerfd]",
                                "anon_inode:[signalfd]",
                                "anon_inode:inotify",
                                "/dev/null",
                                "/dev/zero",
                                "/dev/random",
                                "/dev/urandom"};
  const auto may_count = [&](const Descriptor& descriptor) {
    const auto& link = descriptor.file.link;
    const bool device = link.starts_with("/dev/") && !link.starts_with("/dev/shm/");
    return (descriptor.file.kind == OpenFile::Kind::other ||
            (descriptor.file.kind == OpenFile::Kind::path && device)) &&
           std::ranges::find(harmless, link) == harmless.end();
  };
  return std::ranges::any_of(table.entries, may_count) || has_asynchronous_files(thread);
}

}  // namespace

void Owners::look_for(const Resource& resource) {
  owners_[resource];
  if (std::holds_alternative<MemoryRegion>(resource)) memory_ = true;
  if (std::holds_alternative<EventCounter>(resource)) counter_ = true;
}

void Owners::visit(pid_t pid, bool refusal_counts) {
  const auto thread = live_thread(pid);
  const auto table = descriptors_of(thread);
  if (table.unreadable && refusal_counts) anything_.insert(pid);
  for (const auto& descriptor : table.entries) visit(pid, thread, descriptor);
  if (counter_) visit_counters(pid, thread, table);
  if (!memory_) return;
  const auto regions = shared_regions_of(thread);
  if (regions.unreadable && refusal_counts) anything_.insert(pid);
  for (const auto& region : regions.all) add(region, pid);
}

void Owners::visit(pid_t pid, pid_t thread, const Descriptor& descriptor) {
  const auto& [number, file] = descriptor;
  if (file.kind == OpenFile::Kind::socket) {
    add(Socket{file.inode}, pid);
    if (fdinfo_number(thread, number, "scm_fds:").value_or(0) > 0) anything_.insert(pid);
  } else if (file.kind == OpenFile::Kind::pipe) {
    const PipeEnd read{file.inode, PipeEnd::Side::read}, write{file.inode, PipeEnd::Side::write};
    if (!owners_.contains(read) && !owners_.contains(write)) return;
    const auto mode = access_mode(thread, number);
    if (mode != O_WRONLY) add(read, pid);
    if (mode != O_RDONLY) add(write, pid);
  }
}

void Owners::visit_counters(pid_t pid, pid_t thread, const DescriptorTable& table) {
  for (const auto& [number, file] : table.entries) {
    if (file.kind != OpenFile::Kind::eventfd) continue;
    const auto id = fdinfo_number(thread, number, "eventfd-id:");
    if (!id || !owners_.contains(EventCounter{*id})) continue;
    add(EventCounter{*id}, pid);
    if (may_have_kernel_count(thread, table)) kernel_.insert(EventCounter{*id});
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
