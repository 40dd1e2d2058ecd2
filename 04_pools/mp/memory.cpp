#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <mp/file_descriptor.hpp>
#include <mp/file_size_limit.hpp>
#include <mp/hash.hpp>
#include <mp/memory.hpp>
#include <mp/program_file.hpp>

// A result's file contains a header, the key, and the encoded result. Its name is the key's hash,
// so only the key in the file proves that it is the right one.
//
// It is written under another name and then renamed, so a process that opens it finds all of it or
// nothing. It is not forced to disk (fsync). If power fails, the name may outlive the bytes, but
// then the checksum does not match, and the result is only computed again.

namespace mp {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using detail::hash;

constexpr std::string_view ending = ".result";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t hash_digits = 16, unfinished_digits = 6;

struct Header {
  std::array<char, 8> magic{'m', 'p', 'm', 'e', 'm', 'o', 'r', 'y'};
  std::uint64_t key_size = 0, result_size = 0;
  std::uint64_t checksum = 0;  // of key and result
  bool operator==(const Header&) const = default;
};

Header header_for(std::string_view key, std::string_view result) {
  return {
      .key_size = key.size(), .result_size = result.size(), .checksum = hash(result, hash(key))};
}

// A regular file to read; throws if it is missing or not a regular file.
class InputFile {
 public:
  explicit InputFile(const fs::path& path)  // O_NONBLOCK, or a named pipe would block
      : file_{check(retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }),
                    "open")} {
    struct stat status {};
    check(::fstat(file_.get(), &status), "fstat");
    if (!S_ISREG(status.st_mode)) throw std::runtime_error{"not a regular file"};
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  std::uint64_t size() const { return size_; }

  void read(void* data, std::size_t size) {
    for (std::size_t done = 0; done < size;) {
      const auto got = check(
          retry([&] { return ::read(file_.get(), static_cast<char*>(data) + done, size - done); }),
          "read");
      if (got == 0) throw std::runtime_error{"it ends too early"};
      done += static_cast<std::size_t>(got);
    }
  }

  std::string read(std::size_t size) {
    std::string bytes(size, '\0');
    read(bytes.data(), size);
    return bytes;
  }

 private:
  FileDescriptor file_;
  std::uint64_t size_ = 0;
};

void write_all(const FileDescriptor& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written =
        check(retry([&] { return ::write(file.get(), bytes.data(), bytes.size()); }), "write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string hex(std::uint64_t number) {
  std::string digits(hash_digits, '0');
  for (auto digit = digits.rbegin(); number > 0; ++digit, number >>= 4U)
    *digit = hex_digits[number & 0xfU];
  return digits;
}

bool is_result(std::string_view name) {
  return name.size() == hash_digits + ending.size() && name.ends_with(ending) &&
         name.find_first_not_of(hex_digits) == hash_digits;
}

// HASH.result.XXXXXX (letters and digits) is not complete yet.
bool is_unfinished(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot != std::string_view::npos && name.size() - dot == 1 + unfinished_digits &&
         is_result(name.substr(0, dot));
}

// A file under a temporary name, until `rename` gives it its final one.
class UnfinishedFile {
 public:
  explicit UnfinishedFile(const fs::path& path) : path_{path} {
    struct stat status {};
    do {
      create();
      // The lock ends with the process, so an unlocked file was left by a killed one. If files
      // cannot be locked, none is taken for a leftover.
      retry([&] { return ::flock(file_.get(), LOCK_EX); });
      check(::fstat(file_.get(), &status), "fstat");
    } while (status.st_nlink == 0);  // removed as a leftover, just before it was locked
  }
  UnfinishedFile(const UnfinishedFile&) = delete;
  ~UnfinishedFile() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  void write(std::string_view bytes) {
    const detail::FileSizeLimitIsAnError guard;
    write_all(file_, bytes);
  }

  void rename() {
    check(std::rename(name_.c_str(), path_.c_str()), "rename");
    name_.clear();
  }

 private:
  // Sets the permissions of any new file, because mkostemp's file is for one user alone.
  void create() {
    int created = -1;
    do {
      std::uint32_t number = 0;
      check(retry([&] { return ::getrandom(&number, sizeof number, 0); }), "getrandom");
      name_ = path_.string() + "." + hex(number).substr(hash_digits - unfinished_digits);
      created = retry(
          [&] { return ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); });
    } while (created == -1 && errno == EEXIST);
    if (created == -1) name_.clear();
    file_ = FileDescriptor{check(created, "open")};
  }

  fs::path path_;
  std::string name_;
  FileDescriptor file_;
};

// Makes the path absolute, because the program may change its directory later.
fs::path whole_path(fs::path folder) {
  std::error_code error;  // the directory may be gone
  auto whole = fs::absolute(folder, error);
  return error ? std::move(folder) : whole;
}

}  // namespace

Memory::Memory(fs::path folder) : folder_{whole_path(std::move(folder))} { remove_unfinished(); }

bool Memory::complete(Message& key) {
  try {
    Writer{key}(detail::program_hash());
    return true;
  } catch (const std::exception& error) {
    warn(("the program's own file cannot be read: "s + error.what()).c_str());
    return false;
  }
}

void Memory::warn(const char* reason) {
  if (has_warned_->exchange(true)) return;
  const auto line = "mp::Memory: cannot keep results in " + folder_.string() + ": " + reason + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

fs::path Memory::file(const Message& key) const {
  if (!key.descriptors.empty())
    throw CannotTravel{"mp::Memory: an argument holds a descriptor, which means nothing later"};
  return folder_ / (hex(hash(key.bytes)) + std::string{ending});
}

std::optional<Message> Memory::find(const Message& key) const {
  const auto path = this->file(key);
  try {
    InputFile file{path};
    Header header;
    file.read(&header, sizeof header);
    // Allocates memory only when the file is known to be as long as it claims.
    if (header.key_size != key.bytes.size() ||
        header.result_size != file.size() - sizeof header - key.bytes.size() ||
        file.read(key.bytes.size()) != key.bytes)
      return std::nullopt;
    Message result{file.read(header.result_size), {}};
    if (header != header_for(key.bytes, result.bytes)) return std::nullopt;
    return result;
  } catch (const std::exception&) {  // missing or useless
    return std::nullopt;
  }
}

void Memory::keep(const Message& key, const Message& result) {
  try {
    fs::create_directories(folder_);
    const auto header = header_for(key.bytes, result.bytes);
    UnfinishedFile file{this->file(key)};
    file.write({reinterpret_cast<const char*>(&header), sizeof header});
    file.write(key.bytes);
    file.write(result.bytes);
    file.rename();
  } catch (const std::exception& error) {
    warn(error.what());
  }
}

void Memory::remove_unfinished() const {
  std::error_code error;  // ignored, because a later call may succeed
  for (fs::directory_iterator entry{folder_, error}, end; !error && entry != end;
       entry.increment(error)) {
    const auto& path = entry->path();
    if (!is_unfinished(path.filename().native())) continue;
    const FileDescriptor file{
        retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); })};
    if (file && retry([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) == 0)
      ::unlink(path.c_str());
  }
}

void Memory::clear() {
  remove_unfinished();
  if (!fs::exists(folder_)) return;
  for (const auto& entry : fs::directory_iterator{folder_})
    if (is_result(entry.path().filename().native())) fs::remove(entry.path());
}

}  // namespace mp
