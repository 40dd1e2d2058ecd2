#pragma once

#include <string>

#include <mp/process.hpp>

namespace course {

/// How a program ended under faults, as its exit status. The right results and an error that the
/// toolkit documents are allowed; everything else is wrong.
enum Verdict { right = 0, documented = 3, wrong = 4 };

/// Runs the program of this name in a new folder, first undisturbed, then between begin_faults and
/// end_faults. Returns the verdict, which is also wrong when descriptors or files are left over.
int run_program(const std::string& name, mp::StartMethod method);

}  // namespace course
