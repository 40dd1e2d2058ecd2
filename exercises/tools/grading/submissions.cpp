#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include <grading/submissions.hpp>
#include <mp/file_descriptor.hpp>

namespace grading {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_bytes = 256 << 10;
constexpr auto too_large = "is larger than 256 KiB";
constexpr int max_depth = 6;  // folders in folders
constexpr std::size_t max_files = 10'000;
constexpr std::size_t max_named = 8;  // of the files found instead

void refuse(Submission& submission, std::error_code error) {
  submission.refusal = "cannot be read: " + error.message();
  submission.forbidden = error == std::errc::permission_denied || error == std::errc::io_error;
}

std::error_code last_error() { return {errno, std::generic_category()}; }

// Reads the whole file, or records why not.
void take(const fs::path& path, Submission& submission) {
  // Without blocking, because it might be a pipe without a writer.
  const mp::FileDescriptor file{
      ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) == -1) {
    refuse(submission, last_error());
    return;
  }
  submission.time = status.st_mtime;
  if (!S_ISREG(status.st_mode)) {
    submission.refusal = "is not a regular file";
    return;
  }
  std::string text(max_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto part =
        mp::retry([&] { return ::read(file.get(), text.data() + size, text.size() - size); });
    if (part == -1) {
      refuse(submission, last_error());
      return;
    }
    if (part == 0) break;
    size += static_cast<std::size_t>(part);
  }
  if (size > max_bytes) {
    submission.refusal = too_large;
    return;
  }
  text.resize(size);
  submission.source = std::move(text);
}

// Reads a file that must lie in the folder, even if there are links on the way.
Submission take_from(const fs::path& folder, const fs::path& name) {
  Submission submission;
  submission.file = name.string();
  std::error_code error;
  const auto root = fs::canonical(folder, error);
  const auto path = error ? root : fs::canonical(folder / name, error);
  if (error) {
    refuse(submission, error);
  } else if (const auto inside = path.lexically_relative(root); inside.string().starts_with("..")) {
    submission.refusal = "leads out of the student's folder";
  } else {
    take(path, submission);
  }
  return submission;
}

std::time_t time_of(const fs::path& path) {
  struct stat status {};
  mp::check(::stat(path.c_str(), &status), path.c_str());
  return status.st_mtime;
}

void take_from(const Archive& archive, const fs::path& path, const std::string& name,
               Submission& submission) {
  submission.time = time_of(path);
  try {
    submission.source = archive.read(name, max_bytes + 1);
  } catch (const std::runtime_error& error) {
    submission.refusal = error.what();
  }
  if (submission.source.size() <= max_bytes) return;
  submission.source.clear();
  submission.refusal = too_large;
}

// Folders with files that no learner edits: parts of the course, and what systems add.
bool is_left_out(const std::string& folder) {
  static const std::set<std::string> others{"__MACOSX", "solutions", "tools", "build"};
  const bool hidden = folder.starts_with('.') && folder != "." && folder != "..";
  return hidden || others.contains(folder);
}

std::size_t depth(const fs::path& path) {
  return static_cast<std::size_t>(std::distance(path.begin(), path.end()));
}

}  // namespace

StudentFiles::StudentFiles(const HandIns::Places& student) : folders_{student.folders} {
  for (const auto& [name, path] : student.files)
    if (is_archive(name))
      look_into_archive(path, name);
    else
      candidates_.push_back({path, name, {}, name, {}});
  for (const auto& folder : folders_) look_into(folder);
  std::ranges::stable_sort(candidates_, [](const auto& a, const auto& b) {
    return std::tuple{a.archive != nullptr, depth(a.name), a.name} <
           std::tuple{b.archive != nullptr, depth(b.name), b.name};
  });
}

// Links are not followed.
void StudentFiles::look_into(const fs::path& folder) {
  std::error_code error;
  std::size_t files = 0;
  for (fs::recursive_directory_iterator entry{folder, error}, end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    const auto name = entry->path().lexically_relative(folder);
    const auto status = entry->symlink_status(gone);
    if (fs::is_directory(status)) {
      if (is_left_out(name.filename()) || entry.depth() >= max_depth)
        entry.disable_recursion_pending();
    } else if (!name.filename().string().starts_with('.') && ++files <= max_files) {
      if (is_archive(name) && fs::is_regular_file(status))
        look_into_archive(entry->path(), name);
      else
        candidates_.push_back({entry->path(), name, folder, name, {}});
    }
  }
}

void StudentFiles::look_into_archive(const fs::path& path, const std::string& shown) {
  try {
    const auto archive = std::make_shared<const Archive>(path);
    for (const fs::path name : archive->names())
      if (std::none_of(name.begin(), name.end(), is_left_out))
        candidates_.push_back({path, name, {}, shown + ": " + name.string(), archive});
  } catch (const fs::filesystem_error& error) {
    forbidden_.file = shown;
    refuse(forbidden_, error.code());
  } catch (const std::runtime_error& error) {
    unreadable_.push_back(shown + " (" + error.what() + ")");
  }
}

Submission StudentFiles::find(const std::string& exercise) const {
  const fs::path wanted = exercise + ".cpp";
  std::optional<Submission> found;
  const auto add = [&](Submission other) {
    if (!found)
      found = std::move(other);
    else if (other.source != found->source)
      found->ignored = other.file;
  };
  const std::vector<fs::path> places{wanted, fs::path{exercise} / wanted,
                                     fs::path{"exercises"} / exercise / wanted};
  for (const auto& folder : folders_)
    for (const auto& place : places) {
      std::error_code error;
      if (fs::symlink_status(folder / place, error).type() != fs::file_type::not_found)
        add(take_from(folder, place));
    }
  for (const auto& [path, name, folder, shown, archive] : candidates_) {
    if (name.filename() != wanted) continue;
    if (!folder.empty()) {
      if (std::ranges::find(places, name) == places.end()) add(take_from(folder, name));
      continue;
    }
    Submission submission;
    if (archive)
      take_from(*archive, path, name, submission);
    else
      take(path, submission);
    submission.file = shown;
    add(std::move(submission));
  }
  if (found) return *found;
  Submission none = forbidden_;
  none.found = listed();
  return none;
}

std::string StudentFiles::listed() const {
  auto names = unreadable_;
  for (const auto& candidate : candidates_) names.push_back(candidate.shown);
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < max_named; ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > max_named)
    text += " and " + std::to_string(names.size() - max_named) + " more";
  return text;
}

}  // namespace grading
