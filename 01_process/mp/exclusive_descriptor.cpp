#include <mutex>
#include <set>

#include <mp/exclusive_descriptor.hpp>

namespace mp {
namespace {

// All that are open in this process. Never destroyed: a static object may be closed at the very
// end.
struct Registry {
  std::mutex mutex;
  std::set<ExclusiveDescriptor*> open;
};

Registry& registry() {
  static Registry& registry = *new Registry;
  return registry;
}

}  // namespace

void ExclusiveDescriptor::hold(FileDescriptor descriptor) {
  if (!descriptor) return;
  const std::scoped_lock guard{registry().mutex};
  registry().open.insert(this);
  descriptor_ = std::move(descriptor);
}

FileDescriptor ExclusiveDescriptor::release() noexcept {
  if (!descriptor_) return {};
  const std::scoped_lock guard{registry().mutex};
  registry().open.erase(this);
  return std::move(descriptor_);
}

ExclusiveDescriptor& ExclusiveDescriptor::operator=(ExclusiveDescriptor&& other) noexcept {
  if (this == &other) return *this;
  close();
  hold(other.release());
  return *this;
}

void ExclusiveDescriptor::load(Reader& reader) {
  FileDescriptor arrived;
  reader(arrived);
  close();
  hold(std::move(arrived));
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
