# What the course builds besides the toolkit: lessons, tests, benchmarks, exercises.
option(MP_EXERCISES "Build the exercises" ON)
option(MP_EXAMINER_TESTS "Test the examiner, with skeletons and with wrong and right submissions" ON)

# Round a product before adding to it, so that every processor computes the same numbers.
add_compile_options(-ffp-contract=off)

list(APPEND CMAKE_PREFIX_PATH ${PROJECT_SOURCE_DIR}/.deps/usr)  # unpacked by ./course setup
find_package(Boost 1.81 REQUIRED)
# Boost.Process: headers only up to 1.85, a compiled library from 1.86.
add_library(mp_boost_process INTERFACE)
if(Boost_VERSION VERSION_GREATER_EQUAL 1.86)
  find_package(Boost REQUIRED COMPONENTS process)
  target_link_libraries(mp_boost_process INTERFACE Boost::process)
else()
  target_link_libraries(mp_boost_process INTERFACE Boost::headers)
endif()
target_link_libraries(mp_boost_process INTERFACE Threads::Threads)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(benchmark REQUIRED)
find_package(GTest REQUIRED)
include(GoogleTest)
enable_testing()
add_custom_target(lessons)
add_custom_target(benchmarks)

# add_lesson(greeting) builds the lesson greeting.cpp with the chapter's LESSON_LIBRARIES. The order
# of the calls is the reading order. A lesson whose point is a failure names its exit status:
# add_lesson(deadlock STATUS 1).
function(add_lesson NAME)
  cmake_parse_arguments(ARG "" "STATUS" "LIBRARIES" ${ARGN})
  if(NOT DEFINED ARG_STATUS)
    set(ARG_STATUS 0)
  endif()
  add_executable(${NAME} ${NAME}.cpp)
  target_compile_options(${NAME} PRIVATE -Wfatal-errors)  # only the first error helps
  target_link_libraries(${NAME} PRIVATE ${LESSON_LIBRARIES} ${ARG_LIBRARIES})
  mp_precompile(${NAME} greeting <functional> <string> <vector> <fmt/core.h> <lesson/arguments.hpp>
             <mp/process.hpp>)
  add_dependencies(lessons ${NAME})
  set_property(GLOBAL APPEND_STRING PROPERTY MP_LESSONS "${CHAPTER}\t${NAME}\t${ARG_STATUS}\n")
endfunction()

# A chapter's GoogleTest program: add_chapter_tests(process_test LABEL toolkit SOURCES … LIBRARIES …)
# LESSON_DIR is the folder of the chapter's programs.
function(add_chapter_tests NAME)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBRARIES} course::testing)
  mp_precompile(${NAME} course_testing)
  target_compile_definitions(${NAME} PRIVATE LESSON_DIR="${LESSON_DIR}")
  gtest_discover_tests(${NAME} TEST_PREFIX ${CHAPTER}. DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 300)
endfunction()

# A chapter's Google Benchmark program.
function(add_chapter_benchmark NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBRARIES} benchmark::benchmark)
  target_include_directories(${NAME} PRIVATE ${PROJECT_SOURCE_DIR}/01_process/benchmarks)
  add_dependencies(benchmarks ${NAME})
  file(RELATIVE_PATH path ${PROJECT_BINARY_DIR} ${CMAKE_CURRENT_BINARY_DIR}/${NAME})
  set_property(GLOBAL APPEND_STRING PROPERTY MP_BENCHMARKS "${path}\n")
endfunction()

# The parts that need all chapters.
macro(add_the_rest_of_the_course)
  if(MP_EXERCISES)
    add_subdirectory(exercises)
  endif()
  get_property(lessons GLOBAL PROPERTY MP_LESSONS)
  get_property(benchmarks GLOBAL PROPERTY MP_BENCHMARKS)
  file(WRITE ${PROJECT_BINARY_DIR}/lessons.txt "${lessons}")
  file(WRITE ${PROJECT_BINARY_DIR}/benchmarks.txt "${benchmarks}")

  # The toolkit in another project. (A build with sanitizers fits no other.)
  set(ways find_package add_subdirectory fetch_content)
  foreach(way IN ITEMS clang:clang++ pkg_config:pkg-config debian_package:dpkg-deb)
    string(REPLACE ":" ";" way ${way})
    list(POP_BACK way program)
    find_program(PROGRAM_${program} ${program})
    if(PROGRAM_${program})
      list(APPEND ways ${way})
    endif()
  endforeach()
  foreach(way IN LISTS ways)
    if(MP_INSTALL AND NOT CMAKE_CXX_FLAGS MATCHES sanitize)
      add_test(NAME own_project.${way}
               COMMAND ${PROJECT_SOURCE_DIR}/docs/tests/own_project ${way} ${PROJECT_BINARY_DIR})
      set_tests_properties(own_project.${way} PROPERTIES LABELS toolkit TIMEOUT 1200)
    endif()
  endforeach()
endmacro()
