#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <string_view>
#include <utility>

#include <mp/idle_handler.hpp>
#include <mp/watchdog/memory_map.hpp>
#include <mp/watchdog/open_file.hpp>
#include <mp/watchdog/proc_text.hpp>

namespace mp::detail {
namespace {

// A line of /proc/PID/maps: "begin-end rw-s offset device inode path".
struct MapsLine {
  std::uint64_t begin, end;
  bool shared, executable;
  MemoryRegion region;
  std::string_view path;
  bool deleted;
};

std::optional<MapsLine> parse_maps_line(std::string_view line) {
  const auto parts = words(line);
  if (parts.size() < 5) return std::nullopt;
  const auto dash = parts[0].find('-');
  if (dash == parts[0].npos) return std::nullopt;
  const auto begin = to_number<std::uint64_t>(parts[0].substr(0, dash), 16);
  const auto end = to_number<std::uint64_t>(parts[0].substr(dash + 1), 16);
  const auto inode = to_number<std::uint64_t>(parts[4]);
  if (!begin || !end || !inode) return std::nullopt;
  return MapsLine{*begin,
                  *end,
                  parts[1].ends_with('s'),
                  parts[1].find('x') != std::string_view::npos,
                  {std::string{parts[3]}, *inode},
                  parts.size() > 5 ? parts[5] : "",
                  parts.back() == "(deleted)"};
}

constexpr std::string_view named_memory = "/dev/shm/";  // used by shm_open and sem_open

// A file that no longer has the name it was opened by proves nothing, because sem_open renames it.
bool is_anonymous(pid_t pid, const MapsLine& line) {
  if (!line.deleted) return false;
  if (line.path.starts_with("/memfd:") || line.path == "/dev/zero") return true;
  if (!line.path.starts_with(named_memory)) return false;
  char range[64];
  std::snprintf(range, sizeof range, "map_files/%" PRIx64 "-%" PRIx64, line.begin, line.end);
  struct stat facts {};
  return ::stat(proc_path(pid, range).c_str(), &facts) == 0 && facts.st_nlink == 0;
}

template <class Function>
bool for_each_mapping(pid_t pid, Function function) {
  const auto text = read_text(proc_path(pid, "maps"));
  if (!text) return false;
  for_each_line(*text, [&](std::string_view line) {
    if (const auto mapping = parse_maps_line(line)) function(*mapping);
  });
  return true;
}

// An open memory file can be mapped at any time. Other files are not examined, because that could
// block on a broken network drive.
std::optional<MemoryRegion> memory_file(pid_t pid, const Descriptor& descriptor) {
  if (descriptor.file.kind != OpenFile::Kind::memory &&
      !descriptor.file.link.starts_with(named_memory))
    return std::nullopt;
  struct stat facts {};
  const auto path = proc_path(pid, "fd/" + std::to_string(descriptor.number));
  if (::stat(path.c_str(), &facts) == -1) return std::nullopt;
  char device[32];
  std::snprintf(device, sizeof device, "%02x:%02x", major(facts.st_dev), minor(facts.st_dev));
  return MemoryRegion{device, facts.st_ino};
}

}  // namespace

SharedRegions shared_regions_of(pid_t pid) {
  SharedRegions regions;
  const bool readable = for_each_mapping(pid, [&](const MapsLine& line) {
    if (line.shared) regions.all.push_back(line.region);
  });
  regions.unreadable = !readable && !is_gone(errno);
  for (const auto& descriptor : descriptors_of(pid).entries)
    if (auto region = memory_file(pid, descriptor)) regions.all.push_back(*std::move(region));
  return regions;
}

std::optional<SharedMapping> shared_mapping_at(pid_t pid, std::uint64_t address) {
  std::optional<SharedMapping> found;
  const bool readable = for_each_mapping(pid, [&](const MapsLine& line) {
    if (line.shared && line.begin <= address && address < line.end)
      found = SharedMapping{line.region, is_anonymous(pid, line)};
  });
  if (!readable) return SharedMapping{.region = {}, .anonymous = false};
  return found;
}

std::vector<CodeMapping> code_mappings_of(pid_t pid) {
  std::vector<CodeMapping> mappings;
  for_each_mapping(pid, [&](const MapsLine& line) {
    if (line.executable) mappings.push_back({line.begin, line.end, std::string{line.path}});
  });
  return mappings;
}

std::uint64_t idle_handlers_of(pid_t pid) {
  std::uint64_t signals = 0;
  for_each_mapping(pid, [&](const MapsLine& line) {
    if (line.path == idle_handlers) read_memory(pid, line.begin, &signals, sizeof signals);
  });
  return signals;
}

bool has_asynchronous_files(pid_t pid) {
  bool found = false;
  const bool readable = for_each_mapping(pid, [&](const MapsLine& line) {
    found = found || line.path == "/[aio]" || line.path == "anon_inode:[io_uring]";
  });
  return found || !readable;
}

bool read_memory(pid_t pid, std::uint64_t address, void* data, std::size_t size) {
  const iovec here{data, size};
  const iovec there{reinterpret_cast<void*>(address), size};
  return ::process_vm_readv(pid, &here, 1, &there, 1, 0) == static_cast<ssize_t>(size);
}

}  // namespace mp::detail
