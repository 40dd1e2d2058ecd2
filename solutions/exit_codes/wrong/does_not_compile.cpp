// Told: does_not_compile.cpp:6:[0-9]+: error:
#include "exit_codes.hpp"

// The words of the compiler are the verdict.

no_such_type exit_codes() {}
