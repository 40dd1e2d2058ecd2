#include <string>

#include <mp/array.hpp>
#include <mp/shared_queue.hpp>
#include <mp/value.hpp>

// Does not compile, on purpose.
mp::Value<std::string> value;
mp::Array<std::string> array;
mp::SharedQueue<std::string> queue;
