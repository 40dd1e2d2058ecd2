// Told: does_not_compile.cpp:6:[0-9]+: error:
#include "exit_codes.hpp"

// The compiler's message is the verdict.

no_such_type exit_codes() {}
