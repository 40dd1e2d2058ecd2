#include <string>

#include <mp/array.hpp>
#include <mp/value.hpp>

// Does not compile, on purpose.
mp::KIND<std::string> shared;
