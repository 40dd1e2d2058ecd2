#pragma once

// LESSON_KERNEL goes before a function whose loop takes most of a program's time. The compiler
// makes three versions of it, for any processor and for those that process 4 or 8 numbers at once
// (AVX2, AVX-512), and the program chooses one when it starts. So a program compiled on one
// computer runs on every other, and is fast on each. All versions compute the same numbers.
//
// The compiler vectorises a loop if its iterations do not branch and do not depend on each other,
// except in sums. GCC does that at -O3, which LESSON_KERNEL asks for.
//
// A sanitizer starts after the choice is made, so a sanitized program has one version only.

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
