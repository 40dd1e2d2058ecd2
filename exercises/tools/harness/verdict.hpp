#pragma once

#include <filesystem>

namespace harness {

/// Every test program defines these: the folder of its exercise, and the program made of the file
/// that the learner edits.
extern const char* const exercise_folder;
extern const char* const own_submission;

/// The program that is examined: the exercise's own, or what `--submission=PROGRAM` named.
const std::filesystem::path& submitted_program();

}  // namespace harness
