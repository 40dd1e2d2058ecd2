#pragma once

#include <exception>
#include <filesystem>

namespace harness {

/// Every test program defines these: the folder of its exercise, and the program made of the file
/// that the learner edits.
extern const char* const exercise_folder;
extern const char* const own_submission;

/// The program that is examined: the exercise's own, or what `--submission=PROGRAM` named.
const std::filesystem::path& submitted_program();

/// Says what has kept a program from being examined, and returns an exit status. That is no failure
/// of the program, and must not cost points.
int report_trouble(const std::exception& error);

}  // namespace harness
