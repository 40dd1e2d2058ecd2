#pragma once

#include <functional>
#include <utility>
#include <vector>

#include <mp/message.hpp>

namespace mp {

/// A descriptor that belongs to one process, such as the end of a pipe. A forked child has a copy
/// of every descriptor, and while any process holds a copy of one end, there is no end-of-file at
/// the other. So a child of mp::Process closes its copies, except those given to it. These are the
/// ones that the parent closes when it destroys its own copy of the function and the arguments, and
/// the ones that the arguments refer to. Threads may make, move and close ends while others fork.
class ExclusiveDescriptor {
 public:
  ExclusiveDescriptor() = default;
  explicit ExclusiveDescriptor(FileDescriptor descriptor);
  ExclusiveDescriptor(ExclusiveDescriptor&& other) noexcept;
  ExclusiveDescriptor& operator=(ExclusiveDescriptor&& other) noexcept;
  ~ExclusiveDescriptor() { close(); }

  /// Returns two connected sockets. Throws std::system_error.
  static std::pair<ExclusiveDescriptor, ExclusiveDescriptor> socket_pair();

  /// Returns two connected sockets for a parent and its child; the first is private.
  static std::pair<ExclusiveDescriptor, ExclusiveDescriptor> channel();

  /// Makes the descriptor private. Every forked child closes its copy, even a child that keeps all
  /// others.
  void make_private() noexcept;

  const FileDescriptor& get() const noexcept { return descriptor_; }
  void close() noexcept;

  void save(Writer& writer) const { writer(descriptor_); }
  void load(Reader& reader);

  /// Returns the numbers of the descriptors that `destroy` closes in this thread.
  static std::vector<int> closed_by(const std::function<void()>& destroy);

  /// Closes all that were inherited, except those for which `keep` returns true. For a child just
  /// forked, which has no other thread.
  static void close_inherited_except(const std::function<bool(int number)>& keep);

 private:
  friend struct ExclusiveDescriptorRegistry;
  void hold(FileDescriptor descriptor);
  static std::pair<ExclusiveDescriptor, ExclusiveDescriptor> connect(bool is_channel);
  FileDescriptor release() noexcept;

  FileDescriptor descriptor_;
  bool private_ = false;
};

}  // namespace mp
