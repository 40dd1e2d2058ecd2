#include <fcntl.h>
#include <sys/file.h>
#include <stdexcept>
#include <utility>
#include <vector>

#include <grading/report_folder.hpp>

namespace grading {

namespace fs = std::filesystem;

ReportFolder::ReportFolder(fs::path folder) : folder_{std::move(folder)} {
  const auto state = folder_ / ".grading";
  if (fs::exists(folder_) && !fs::is_directory(folder_))
    throw std::invalid_argument{folder_.string() + " is not a folder"};
  if (fs::exists(folder_) && !fs::is_empty(folder_) && !fs::exists(state))
    throw std::invalid_argument{folder_.string() +
                                " holds something other than a report; name a new folder"};
  fs::create_directories(state);
  lock_ = mp::FileDescriptor{mp::check(
      ::open((state / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666), "open(lock)")};
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == -1)
    throw std::invalid_argument{"another grader is writing the report " + folder_.string()};
}

void ReportFolder::keep_only(const std::set<std::string>& students) const {
  for (const auto& folder : {folder_ / "students", folder_ / ".grading" / "students"}) {
    std::error_code none;
    std::vector<fs::path> others;
    for (const auto& entry : fs::directory_iterator{folder, none})
      if (!students.contains(entry.path().filename())) others.push_back(entry.path());
    for (const auto& path : others) fs::remove_all(path);
  }
}

}  // namespace grading
