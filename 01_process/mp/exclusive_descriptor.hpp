#pragma once

#include <functional>
#include <utility>

#include <mp/message.hpp>

namespace mp {

/// A descriptor that belongs to one process, such as the end of a pipe. A forked child has a copy
/// of every descriptor, and while any process holds a copy of one end, there is no end-of-file at
/// the other. So a child of mp::Process closes its copies, except those given to it. Threads may
/// make, move and close ends while others fork.
class ExclusiveDescriptor {
 public:
  ExclusiveDescriptor() = default;
  explicit ExclusiveDescriptor(FileDescriptor descriptor);
  ExclusiveDescriptor(ExclusiveDescriptor&& other) noexcept;
  ExclusiveDescriptor& operator=(ExclusiveDescriptor&& other) noexcept;
  ~ExclusiveDescriptor() { close(); }

  /// Returns two connected sockets. Throws std::system_error.
  static std::pair<ExclusiveDescriptor, ExclusiveDescriptor> socket_pair();

  const FileDescriptor& get() const noexcept { return descriptor_; }
  void close() noexcept;

  void save(Writer& writer) const { writer(descriptor_); }
  void load(Reader& reader);

  static bool none_open();

  /// Closes all that are open in this process, except those for which `keep` returns true. For a
  /// child just forked, which has no other thread.
  static void close_all_but(const std::function<bool(const ExclusiveDescriptor&)>& keep);

 private:
  void hold(FileDescriptor descriptor);
  FileDescriptor release() noexcept;

  FileDescriptor descriptor_;
};

}  // namespace mp
