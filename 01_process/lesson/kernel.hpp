#pragma once

// LESSON_KERNEL stands before a function whose loop takes most of a program's time. The compiler
// makes three versions of it, for any processor and for those that compute with 4 or 8 numbers at
// once (AVX2, AVX-512), and the program chooses one when it starts. So a program that was compiled
// on one computer runs on every other, and is fast on each. All versions compute the same numbers.
//
// The loop is a plain one. The compiler vectorises it if its rounds do not depend on each other,
// except in sums, and do not branch. GCC does that at -O3, which LESSON_KERNEL asks for.
//
// A sanitizer begins later than the choice is made, so there is none then.

#if !defined(__x86_64__) || !defined(__OPTIMIZE__)
#define LESSON_KERNEL
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LESSON_KERNEL
#elif !defined(__clang__)
#define LESSON_KERNEL \
  [[gnu::target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4"), gnu::optimize("O3")]]
#elif __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LESSON_KERNEL
#else  // Clang 14 does not know x86-64-v3 and v4
#define LESSON_KERNEL [[gnu::target_clones("default", "avx2", "avx512f")]]
#endif
