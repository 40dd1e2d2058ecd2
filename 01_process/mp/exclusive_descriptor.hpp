#pragma once

#include <functional>
#include <utility>

#include <mp/message.hpp>

namespace mp {

/// A descriptor that one process has for itself, such as the end of a pipe. A child made by fork
/// has a copy of every descriptor, and while anybody holds a copy of one end, nobody sees the end
/// of the file at the other. So a child of mp::Process closes its copies, but for those given to
/// it. Threads may make, move and close ends while others fork.
class ExclusiveDescriptor {
 public:
  ExclusiveDescriptor() = default;
  explicit ExclusiveDescriptor(FileDescriptor descriptor);
  ExclusiveDescriptor(ExclusiveDescriptor&& other) noexcept;
  ExclusiveDescriptor& operator=(ExclusiveDescriptor&& other) noexcept;
  ~ExclusiveDescriptor() { close(); }

  /// Two sockets that are connected to each other. Throws std::system_error.
  static std::pair<ExclusiveDescriptor, ExclusiveDescriptor> socket_pair();

  const FileDescriptor& get() const noexcept { return descriptor_; }
  void close() noexcept;

  void save(Writer& writer) const { writer(descriptor_); }
  void load(Reader& reader);

  static bool none_open();

  /// Closes all that are open in this process, but for those of which `keep` says otherwise.
  /// For a child just forked, in which no other thread can be at work.
  static void close_all_but(const std::function<bool(const ExclusiveDescriptor&)>& keep);

 private:
  void hold(FileDescriptor descriptor);
  FileDescriptor release() noexcept;

  FileDescriptor descriptor_;
};

}  // namespace mp
