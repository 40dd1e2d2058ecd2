#include <dlfcn.h>
#include <cstdio>
#include <cstdlib>

// Loads a plug-in and knows nothing about its content.
int main(int, char** argv) {
  void* const plug_in = ::dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!plug_in) {
    std::fprintf(stderr, "%s\n", ::dlerror());
    return EXIT_FAILURE;
  }
  return reinterpret_cast<int (*)()>(::dlsym(plug_in, "run"))();
}
