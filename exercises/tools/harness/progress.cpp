#include <exception>
#include <fstream>

#include <harness/progress.hpp>

namespace harness {
namespace {

namespace fs = std::filesystem;

std::optional<Verdict> read(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  try {
    return read_verdict(file);
  } catch (const std::exception&) {
    return std::nullopt;  // damaged, for example by a full disk; the next check repairs it
  }
}

}  // namespace

Progress::Progress(fs::path folder) : folder_{std::move(folder)} {
  fs::create_directories(folder_);
}

fs::path Progress::file(const std::string& exercise, const std::string& what) const {
  return folder_ / (exercise + "." + what);
}

std::optional<Verdict> Progress::last(const std::string& exercise) const {
  return read(file(exercise, "verdict.json"));
}

std::optional<Verdict> Progress::best(const std::string& exercise) const {
  auto best = read(file(exercise, "best.json"));
  return best ? best : last(exercise);  // a verdict from an earlier version that kept no best one
}

fs::file_time_type Progress::checked(const std::string& exercise) const {
  return fs::last_write_time(file(exercise, "verdict.json"));
}

fs::path Progress::fresh_verdict(const std::string& exercise) const {
  auto path = file(exercise, "new.json");
  fs::remove(path);
  return path;
}

Verdict Progress::record(const std::string& exercise) const {
  const auto fresh = file(exercise, "new.json");
  auto verdict = read_verdict(fresh);
  const auto before = best(exercise);
  if (!before || verdict.points() >= before->points())
    fs::copy_file(fresh, file(exercise, "best.json"), fs::copy_options::overwrite_existing);
  else if (!fs::exists(file(exercise, "best.json")))
    fs::copy_file(file(exercise, "verdict.json"), file(exercise, "best.json"));
  fs::rename(fresh, file(exercise, "verdict.json"));
  return verdict;
}

std::size_t Progress::hints(const std::string& exercise) const {
  std::size_t seen = 0;
  std::ifstream{file(exercise, "hints")} >> seen;
  return seen;
}

void Progress::set_hints(const std::string& exercise, std::size_t count) const {
  std::ofstream{file(exercise, "hints")} << count << '\n';
}

fs::path Progress::keep_aside(const fs::path& own) const {
  for (int number = 1;; ++number) {
    auto kept = folder_ / (own.stem().string() + "." + std::to_string(number) + ".cpp");
    if (fs::exists(kept)) continue;
    fs::rename(own, kept);
    return kept;
  }
}

}  // namespace harness
