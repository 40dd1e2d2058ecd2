#pragma once

namespace hostile {

/// Does what the program's name says: crash, orphan, fork_bomb …
void misbehave();

/// Replaces the function of any exercise, and does none of its work.
template <class Return, class... Parameters>
Return stand_in(Parameters...) {
  misbehave();
  return {};
}

}  // namespace hostile
