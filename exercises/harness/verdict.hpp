#pragma once

#include <filesystem>

namespace harness {

/// The program that is examined: the exercise's own, or what `--submission=PROGRAM` named.
const std::filesystem::path& submitted_program();

}  // namespace harness
