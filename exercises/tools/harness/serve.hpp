#pragma once

#include <exception>
#include <functional>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <harness/protocol.hpp>
#include <mp/message.hpp>

namespace harness {

/// Links the code that reports children ended by signals.
void watch_children();

/// The main program of a submission, which makes the calls that the examiner requests. Without an
/// examiner it prints its purpose and returns 2.
int serve(int argc, char** argv, const std::function<mp::Message(mp::Message)>& call);

template <class Return, class... Parameters>
int serve(int argc, char** argv, Return (*function)(Parameters...)) {
  using Function = Signature<Return(Parameters...)>;
  return serve(argc, argv, [=](mp::Message request) {
    auto arguments = mp::decode<typename Function::Arguments>(std::move(request));
    typename Function::Reply reply;
    try {
      reply = std::apply(function, std::move(arguments));
    } catch (const std::exception& error) {
      reply =
          Thrown{mp::readable_type_name(typeid(error).name()), error.what() ? error.what() : ""};
    }
    return mp::encode(reply);
  });
}

}  // namespace harness
