#include <pthread.h>
#include <algorithm>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include <mp/exclusive_descriptor.hpp>
#include <mp/start.hpp>

namespace mp {

// All exclusive descriptors open in this process. A thread that makes, moves or closes one, or
// forks, holds the mutex meanwhile, so a child finds each of its copies here.
struct ExclusiveDescriptorRegistry {
  std::mutex mutex;
  std::set<ExclusiveDescriptor*> open;

  void close_private() {
    std::erase_if(open, [](ExclusiveDescriptor* one) {
      if (one->private_) one->descriptor_.close();
      return one->private_;
    });
  }
};

namespace {

ExclusiveDescriptorRegistry& registry() {
  static ExclusiveDescriptorRegistry& registry = *[] {
    const auto lock = [] { mp::registry().mutex.lock(); };
    const auto unlock = [] { mp::registry().mutex.unlock(); };
    const auto unlock_in_child = [] {
      mp::registry().close_private();
      mp::registry().mutex.unlock();
    };
    const int error = ::pthread_atfork(lock, unlock, unlock_in_child);
    if (error != 0) throw std::system_error(error, std::generic_category(), "pthread_atfork");
    return new ExclusiveDescriptorRegistry;  // never destroyed: static objects may be closed late
  }();
  return registry;
}
[[maybe_unused]] const auto& made_early = registry();  // so no fork happens while it is made

thread_local std::vector<int>* closed = nullptr;  // where to note the numbers, if anywhere

}  // namespace

// Call these two with the mutex locked.
void ExclusiveDescriptor::hold(FileDescriptor descriptor) {
  if (!descriptor) return;
  registry().open.insert(this);
  descriptor_ = std::move(descriptor);
}
FileDescriptor ExclusiveDescriptor::release() noexcept {
  registry().open.erase(this);
  private_ = false;
  return std::move(descriptor_);
}

ExclusiveDescriptor::ExclusiveDescriptor(FileDescriptor descriptor) {
  const std::scoped_lock guard{registry().mutex};
  hold(std::move(descriptor));
}

ExclusiveDescriptor::ExclusiveDescriptor(ExclusiveDescriptor&& other) noexcept {
  const std::scoped_lock guard{registry().mutex};
  private_ = other.private_;
  hold(other.release());
}

ExclusiveDescriptor& ExclusiveDescriptor::operator=(ExclusiveDescriptor&& other) noexcept {
  if (this == &other) return *this;
  const std::scoped_lock guard{registry().mutex};
  release().close();
  private_ = other.private_;
  hold(other.release());
  return *this;
}

void ExclusiveDescriptor::close() noexcept {
  if (!descriptor_) return;
  if (closed) closed->push_back(descriptor_.get());
  const std::scoped_lock guard{registry().mutex};
  release().close();
}

void ExclusiveDescriptor::make_private() noexcept {
  const std::scoped_lock guard{registry().mutex};
  private_ = true;
}

std::pair<ExclusiveDescriptor, ExclusiveDescriptor> ExclusiveDescriptor::connect(bool is_channel) {
  std::pair<ExclusiveDescriptor, ExclusiveDescriptor> ends;
  {
    const std::scoped_lock guard{registry().mutex};
    detail::SocketPair pair;
    if (!is_channel) detail::connect_on_timeline(pair.here, pair.there);
    ends.first.hold(std::move(pair.here));
    ends.second.hold(std::move(pair.there));
    ends.first.private_ = is_channel;
  }
  return ends;
}

std::pair<ExclusiveDescriptor, ExclusiveDescriptor> ExclusiveDescriptor::socket_pair() {
  return connect(false);
}

std::pair<ExclusiveDescriptor, ExclusiveDescriptor> ExclusiveDescriptor::channel() {
  return connect(true);
}

void ExclusiveDescriptor::load(Reader& reader) {
  FileDescriptor arrived;
  reader(arrived);
  *this = ExclusiveDescriptor{std::move(arrived)};
}

std::vector<int> ExclusiveDescriptor::closed_by(const std::function<void()>& destroy) {
  std::vector<int> numbers;
  auto* const before = std::exchange(closed, &numbers);
  destroy();
  closed = before;
  return numbers;
}

void ExclusiveDescriptor::close_inherited_except(const std::function<bool(int number)>& keep) {
  std::erase_if(registry().open, [&](ExclusiveDescriptor* one) {
    if (one->private_ || keep(one->descriptor_.get())) return false;
    one->descriptor_.close();
    return true;
  });
}

}  // namespace mp
