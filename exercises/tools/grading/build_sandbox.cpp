#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <boost/algorithm/string/replace.hpp>

#include <grading/build_sandbox.hpp>
#include <grading/shell_words.hpp>
#include <grading/text.hpp>
#include <harness/first_error.hpp>
#include <mp/deadline.hpp>

namespace grading {
namespace {

namespace fs = std::filesystem;
using boost::algorithm::replace_all;
using mp::check;

const fs::path course = COURSE, course_build = BUILD;
constexpr harness::Limits compiler_limits{
    .memory = std::uint64_t{2} << 30, .file = 256 << 20, .processor_time = 60};
constexpr mp::Seconds build_limit{120};
constexpr std::size_t max_output = 1 << 16;

// Placeholders for the submission's scratch directory in a build command.
const std::string scratch_mark = "@SCRATCH@", home_mark = "@HOME@";

std::vector<std::string> lines_of(const std::string& command) {
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (!pipe) throw std::system_error(errno, std::generic_category(), "popen");
  std::string output;
  char part[4096];
  while (const auto size = std::fread(part, 1, sizeof part, pipe)) output.append(part, size);
  if (::pclose(pipe) != 0) throw std::runtime_error{"this command failed: " + command};
  std::vector<std::string> lines;
  std::istringstream stream{output};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> ask_ninja(const std::string& tool, const std::string& target) {
  return lines_of(join_words({NINJA, "-C", BUILD, "-t", tool, target}));
}

void copy_if_missing(const fs::path& from, const fs::path& to) {
  if (fs::exists(to)) return;
  fs::create_directories(to.parent_path());
  fs::copy_file(from, to);
  check(::chmod(to.c_str(), 0644), "chmod");
}

// Returns the headers directly in the folder.
std::vector<fs::path> headers_in(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator{folder})
    if (entry.path().extension() == ".hpp") found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

// Removes what an earlier grader left behind if it was killed.
void remove_noted(const fs::path& note) {
  if (!fs::exists(note)) return;
  const fs::path folder = read_file(note);
  std::error_code ignored;
  if (folder.parent_path() == "/tmp" && folder.filename().string().starts_with("grade-"))
    fs::remove_all(folder, ignored);
  fs::remove(note, ignored);
}

std::string word_after(const std::vector<std::string>& words, const std::string& option) {
  const auto place = std::ranges::find(words, option);
  return place == words.end() || place + 1 == words.end() ? std::string{} : place[1];
}

// Newer versions of Ninja quote paths for the shell.
fs::path input_path(const std::string& line) {
  auto path = (course_build / line).lexically_normal();
  if (fs::exists(path) || !line.starts_with('\'')) return path;
  return (course_build / split_words(line).at(0)).lexically_normal();
}

// Makes files readable for submissions, which run as other users, whatever the user's umask is.
class ReadableFiles {
 public:
  ReadableFiles() : before_{::umask(022)} {}
  ReadableFiles(const ReadableFiles&) = delete;
  ReadableFiles& operator=(const ReadableFiles&) = delete;
  ~ReadableFiles() { ::umask(before_); }

 private:
  mode_t before_;
};

}  // namespace

BuildSandbox::BuildSandbox(fs::path note) : note_{std::move(note)} {
  remove_noted(note_);
  std::string name = "/tmp/grade-XXXXXX";
  check(::mkdtemp(name.data()) ? 0 : -1, "mkdtemp");
  folder_ = name;
  sysroot_ = folder_ / "sysroot";
  scratch_root = folder_ / "scratch";
  verdicts = folder_ / "verdicts";
  for (const auto& path : {sysroot_, scratch_root, verdicts}) fs::create_directory(path);
  // Submissions run as other users if possible. These may pass through, but read only the sysroot.
  check(::chmod(folder_.c_str(), 0711), "chmod");
  check(::chmod(sysroot_.c_str(), 0755), "chmod");
  check(::chmod(scratch_root.c_str(), 0711), "chmod");
  check(::chmod(verdicts.c_str(), 0700), "chmod");
  if (fs::exists(course / ".deps")) fs::create_symlink(course / ".deps", sysroot_ / ".deps");
}

BuildSandbox::BuildSandbox(const std::vector<harness::Facts>& exercises, fs::path note)
    : BuildSandbox{std::move(note)} {
  write_file(note_, folder_.string());
  const ReadableFiles readable;
  for (const auto& facts : exercises) build_commands_[facts.name] = build_command(facts.name);
}

BuildSandbox::~BuildSandbox() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
  fs::remove(note_, ignored);
}

// Also fills the sysroot.
BuildSandbox::BuildCommand BuildSandbox::build_command(const std::string& exercise) const {
  const auto target = exercise + "_submission";
  const auto source = (course / "exercises" / exercise / (exercise + ".cpp")).string();
  std::vector<std::vector<std::string>> commands;
  for (const auto& line : ask_ninja("commands", target)) commands.push_back(split_words(line));
  const auto compile = std::ranges::find_if(commands, [&](const auto& words) {
    return words.size() > 2 && words.back() == source && words[words.size() - 2] == "-c";
  });
  if (compile == commands.end() || word_after(commands.back(), "-o").empty())
    throw std::runtime_error{"the build system does not say how " + target + " is built"};
  const auto object = word_after(*compile, "-o"), program = word_after(commands.back(), "-o");
  auto words = *compile;
  words.emplace_back("&&");
  words.insert(words.end(), commands.back().begin(), commands.back().end());
  const auto text = join_words(words);

  std::vector<fs::path> files;
  for (const auto& input : ask_ninja("inputs", target)) {
    const auto path = input_path(input);
    const auto name = path.lexically_relative(course_build).string();
    if (name.starts_with("..") || input == object || !fs::is_regular_file(path)) continue;
    const bool precompiled = name.ends_with(".gch");
    if (text.find(precompiled ? name.substr(0, name.size() - 4) : name) == text.npos) continue;
    copy_if_missing(path, sysroot_ / "build" / name);
    if (!precompiled) files.push_back(path);  // the precompiled header is built from the others
  }
  std::vector<fs::path> folders{course / "exercises/tools/harness",
                                course / "exercises" / exercise};
  for (const auto& entry : fs::directory_iterator{course})
    if (fs::is_directory(entry.path() / "mp")) folders.push_back(entry.path() / "mp");
  std::ranges::sort(folders);
  for (const auto& folder : folders)
    for (const auto& path : headers_in(folder)) {
      copy_if_missing(path, sysroot_ / path.lexically_relative(course));
      files.push_back(path);
    }

  BuildCommand result;
  std::string all = text;
  files.push_back(course / "exercises" / exercise / "exercise.json");
  files.push_back(course_build / "exercises" / exercise / (exercise + "_test"));
  for (const auto& file : files) all += read_file(file);
  result.fingerprint = std::hash<std::string>{}(all);

  // Newer versions of CMake let the linker write what it has read, into a folder of the build.
  std::erase_if(words, [](const auto& word) { return word.starts_with("-Wl,--dependency-file="); });
  for (auto& word : words) {
    if (word == source) word = scratch_mark + "/" + exercise + ".cpp";
    if (word == program) word = home_mark + "/" + target;
    replace_all(word, object, home_mark + "/submission.o");
    word = relocated(word, course_build.string(), (sysroot_ / "build").string());
    word = relocated(word, course.string(), sysroot_.string());
  }
  fs::create_directories(sysroot_ / "build");
  result.commands =
      "export CCACHE_DISABLE=1; cd " + (sysroot_ / "build").string() + " && " + join_words(words);
  return result;
}

std::size_t BuildSandbox::fingerprint(const std::string& exercise) const {
  return build_commands_.at(exercise).fingerprint;
}

BuildSandbox::Product BuildSandbox::build(const std::string& exercise, const std::string& source,
                                          const harness::ScratchDirectory& scratch) const {
  const auto file = scratch.path / (exercise + ".cpp");
  write_file(file, source);
  check(::chmod(file.c_str(), 0644), "chmod");
  auto commands = build_commands_.at(exercise).commands;
  replace_all(commands, scratch_mark, scratch.path.string());
  replace_all(commands, home_mark, scratch.home.string());

  const auto launched =
      harness::launch(scratch, {"/bin/sh", "-c", commands}, sysroot_, compiler_limits);
  const auto deadline = mp::deadline_after(build_limit);
  std::string output;
  bool ended = false;
  while (!ended && mp::wait_ready(launched.output, POLLIN, deadline)) {
    char part[4096];
    const auto size = ::read(launched.output.get(), part, sizeof part);
    if (size == -1 && (errno == EAGAIN || errno == EINTR)) continue;
    ended = check(size, "read") == 0;
    if (output.size() < max_output) output.append(part, static_cast<std::size_t>(size));
  }
  if (!ended || !mp::wait_ready(launched.ended, POLLIN, deadline))
    return {.program = {}, .complaint = "The compiler did not finish within two minutes.\n"};
  int status = 0;
  check(mp::retry([&] { return ::waitpid(launched.pid, &status, 0); }), "waitpid");
  const auto program = scratch.home / (exercise + "_submission");
  if (status == 0 && fs::is_regular_file(fs::symlink_status(program)))
    return {.program = program, .complaint = {}};

  // Removes the paths of the build, which differ every time.
  replace_all(output, scratch.path.string() + "/", "");
  replace_all(output, sysroot_.string() + "/", "");
  output = std::regex_replace(output, std::regex{"(/tmp|home)/cc[A-Za-z0-9]{6}\\b"}, "cc");
  output = harness::first_error(output, exercise + ".cpp") + output;
  if (output.empty())
    output = "The compiler was stopped, because it needed too much time or memory.\n";
  return {.program = {}, .complaint = shortened(harness::harmless(output))};
}

}  // namespace grading
