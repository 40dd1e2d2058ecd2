#include <string>

#include <mp/array.hpp>
#include <mp/value.hpp>

// Does not compile, on purpose.
mp::Value<std::string> value;
mp::Array<std::string> array;
