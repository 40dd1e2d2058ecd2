#pragma once

#include <exception>
#include <filesystem>

namespace harness {

/// Every test program defines these: the folder of its exercise, and the program built from the
/// file that the learner edits.
extern const char* const exercise_folder;
extern const char* const own_submission;

/// Returns the examined program: the exercise's own, or the one named by `--submission=PROGRAM`.
const std::filesystem::path& submitted_program();

/// Prints what prevented an examination and returns an exit status. This is not the program's
/// fault and must not cost points.
int report_system_failure(const std::exception& error);

}  // namespace harness
