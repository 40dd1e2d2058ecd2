#include <pthread.h>
#include <mutex>
#include <set>
#include <system_error>

#include <mp/exclusive_descriptor.hpp>
#include <mp/start.hpp>

namespace mp {
namespace {

// All exclusive descriptors open in this process. A thread that makes, moves or closes one, or
// forks, holds the mutex meanwhile, so a child finds each of its copies here.
struct Registry {
  std::mutex mutex;
  std::set<ExclusiveDescriptor*> open;
};

Registry& registry() {
  static Registry& registry = *[] {
    const auto lock = [] { mp::registry().mutex.lock(); };
    const auto unlock = [] { mp::registry().mutex.unlock(); };
    const int error = ::pthread_atfork(lock, unlock, unlock);
    if (error != 0) throw std::system_error(error, std::generic_category(), "pthread_atfork");
    return new Registry;  // never destroyed, because static objects may be closed at the very end
  }();
  return registry;
}
[[maybe_unused]] const auto& made_early = registry();  // so no fork can come in between

}  // namespace

// Call these two with the mutex locked.
void ExclusiveDescriptor::hold(FileDescriptor descriptor) {
  if (!descriptor) return;
  registry().open.insert(this);
  descriptor_ = std::move(descriptor);
}
FileDescriptor ExclusiveDescriptor::release() noexcept {
  registry().open.erase(this);
  return std::move(descriptor_);
}

ExclusiveDescriptor::ExclusiveDescriptor(FileDescriptor descriptor) {
  const std::scoped_lock guard{registry().mutex};
  hold(std::move(descriptor));
}

ExclusiveDescriptor::ExclusiveDescriptor(ExclusiveDescriptor&& other) noexcept {
  const std::scoped_lock guard{registry().mutex};
  hold(other.release());
}

ExclusiveDescriptor& ExclusiveDescriptor::operator=(ExclusiveDescriptor&& other) noexcept {
  if (this == &other) return *this;
  const std::scoped_lock guard{registry().mutex};
  release().close();
  hold(other.release());
  return *this;
}

void ExclusiveDescriptor::close() noexcept {
  if (!descriptor_) return;
  const std::scoped_lock guard{registry().mutex};
  release().close();
}

std::pair<ExclusiveDescriptor, ExclusiveDescriptor> ExclusiveDescriptor::socket_pair() {
  std::pair<ExclusiveDescriptor, ExclusiveDescriptor> ends;
  {
    const std::scoped_lock guard{registry().mutex};
    detail::SocketPair pair;
    detail::connect_on_timeline(pair.here, pair.there);
    ends.first.hold(std::move(pair.here));
    ends.second.hold(std::move(pair.there));
  }
  return ends;
}

void ExclusiveDescriptor::load(Reader& reader) {
  FileDescriptor arrived;
  reader(arrived);
  *this = ExclusiveDescriptor{std::move(arrived)};
}

bool ExclusiveDescriptor::none_open() { return registry().open.empty(); }

void ExclusiveDescriptor::close_all_but(
    const std::function<bool(const ExclusiveDescriptor&)>& keep) {
  std::erase_if(registry().open, [&](ExclusiveDescriptor* open) {
    if (keep(*open)) return false;
    open->descriptor_.close();
    return true;
  });
}

}  // namespace mp
