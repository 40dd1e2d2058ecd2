# shellcheck shell=bash
# Builds the course, and runs lessons, tests and benchmarks.

time_limit=${COURSE_TIME_LIMIT:-120}  # seconds for one lesson in "./course run"; 0 is no limit

# A lesson in "./course run" has its own process group, so Ctrl-C reaches it only through here.
lesson=''
interrupted() {
  trap '' INT TERM HUP
  if [ -n "$lesson" ]; then
    kill "$lesson"
    wait "$lesson"
  fi 2>/dev/null || true
  exit "$1"
}
trap 'interrupted 130' INT
trap 'interrupted 143' TERM
trap 'interrupted 129' HUP

# Runs a build step. On a terminal one line shows the progress; warnings and errors follow at the end.
quietly() {
  local line rest status=0
  rest=$(mktemp)
  "$@" </dev/null 2>&1 | while IFS= read -r line; do
    case $line in
      '['[0-9]*/[0-9]*'] '* | '-- '*)
        if [ -t 2 ]; then printf '\r\e[K%.79s' "$line" >&2; elif [[ $line == '[1/'* ]]; then say 'Building' >&2; fi
        ;;
      '' | 'Preset CMake '* | '  '[A-Z]*=\"*\" | 'ninja: no work to do.') ;;
      *) say "$line" >>"$rest" ;;
    esac
  done || status=$?
  if [ -t 2 ]; then printf '\r\e[K' >&2; fi
  cat "$rest" >&2
  rm "$rest"
  return "$status"
}

configure() {
  local home fresh=()
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' build/CMakeCache.txt 2>/dev/null || true)
  [ "$home" -ef . ] || fresh=(--fresh)  # the folder is new or was moved
  if [ ${#fresh[@]} -eq 0 ] && [ build/build.ninja -nt CMakePresets.json ]; then return; fi
  quietly cmake --preset default "${fresh[@]}" || die 'CMake could not configure the build, see above'
}

build() {  # everything, or these targets
  quietly cmake --build --preset default ${1:+--target "$@"} || die 'the build failed, see above'
}

prepare() {
  set_up "$needs" >&2
  set_up_if_possible "$cluster_needs" 'The lesson cluster_pi is left out.' >&2
  configure
}

#: build                  set up and build everything
do_build() {
  [ $# -eq 0 ] || usage_error 'build takes no arguments'
  prepare
  build
}

# lessons.txt has a line for each lesson, in reading order: chapter, name, exit status expected.

run_all() {
  local line lessons chapter name expected program status count=0 bad=()
  build lessons
  set -m  # a process group for each lesson, so that all its processes can be ended
  mapfile -t lessons <"$build/lessons.txt"
  for line in "${lessons[@]}"; do
    IFS=$'\t' read -r chapter name expected <<<"$line"
    heading "$chapter/$name"
    [ "$expected" -eq 0 ] || say "This one is meant to fail (exit status $expected)."
    program=$build/$chapter/$name status=0
    (cd "$caller" && exec timeout --kill-after=2 "$time_limit" "$program") </dev/null &
    lesson=$!
    wait "$lesson" || status=$?
    lesson=''
    count=$((count + 1))
    if [ "$status" -ne "$expected" ]; then
      bad+=("$name")
      [ "$status" -ne 124 ] || status="$status (stopped after $time_limit s)"
      say "${red}Exit status $status; $expected was expected.$plain"
    fi
    say
  done
  if [ ${#bad[@]} -gt 0 ]; then
    say "$red$count lessons ran, $((count - ${#bad[@]})) as expected. Not as expected: ${bad[*]}$plain"
    exit 1
  fi
  say "$green$count lessons ran, all as expected.$plain"
}

chapter_of() { awk -v name="$1" '$2 == name { print $1 }' "$build/lessons.txt"; }

run_one() {
  local name=${1##*/} chapter like
  name=${name%.cpp}
  chapter=$(chapter_of "$name")
  if [ -z "$chapter" ] && compgen -G "[0-9]*_*/$name.cpp" >/dev/null; then  # the lesson is new
    quietly cmake --preset default || die 'CMake could not configure the build, see above'
    chapter=$(chapter_of "$name")
  fi
  if [ -z "$chapter" ] && [ -e "exercises/$name/exercise.json" ]; then
    usage_error "$name is an exercise; './course check $name' checks your solution, and build/exercises/$name/$name then runs it"
  fi
  if [ -z "$chapter" ]; then
    like=$(awk -v name="$name" 'index($2, name) || index(name, $2) || substr($2, 1, 3) == substr(name, 1, 3) {
      printf "%s%s", separator, $2; separator = ", " }' "$build/lessons.txt")
    usage_error "there is no lesson '$1'; ${like:+similar names: $like; }'./course run' runs all lessons"
  fi
  if [[ $timeline && $name == *_by_hand ]]; then
    usage_error "$name does not use mp, which records timelines; run it without --timeline"
  fi
  run_recorded "$name" "$build/$chapter/$name" "${@:2}"
}

# Removes "--timeline FILE" from the arguments: "$timeline" is FILE, "${arguments[@]}" is the rest.
take_timeline() {
  timeline='' arguments=()
  while [ $# -gt 0 ]; do
    case $1 in
      --timeline) timeline=${2:-?}; shift ;;
      --timeline=*) timeline=${1#*=} timeline=${timeline:-?} ;;
      *) arguments+=("$1") ;;
    esac
    shift || break
  done
  case $timeline in
    '' | -) ;;
    *.svg | *.png | *.json | *.txt)
      (cd "$caller" && : >>"$timeline") 2>/dev/null || usage_error "cannot write $timeline"
      ;;
    *) usage_error '--timeline takes a file that ends in .svg, .png, .json or .txt, or - for text in the terminal' ;;
  esac
}

# Builds a target and becomes its program, which records a timeline if requested.
run_recorded() {
  local target=$1
  case $timeline in
    *.svg | *.png) build "$target" mp_timeline ;;
    *) build "$target" ;;
  esac
  cd "$caller"
  [ -z "$timeline" ] || export MP_TIMELINE=$timeline
  exec "${@:2}"
}

#: run [NAME [ARGS...]]   run all lessons in reading order, or only this one;
#:                        --timeline FILE draws what its processes did
do_run() {
  take_timeline "$@"
  prepare
  if [ ${#arguments[@]} -gt 0 ]; then
    run_one "${arguments[@]}"
  else
    [ -z "$timeline" ] || usage_error '--timeline needs the name of a lesson'
    run_all
  fi
}

#: test [CTEST ARGS...]   run every test; arguments go to ctest, such as -L lesson or -R NAME;
#:                        --faults [SECONDS] [--seed N] makes system calls fail and kills processes;
#:                        --load [SECONDS] keeps a queue and pools busy
do_test() {
  local exercise=''
  # The tests of an exercise need its own programs, and no others.
  if [[ ${1:-} = -R && -e exercises/${2:-}/exercise.json ]]; then exercise=$2; fi
  prepare
  if [ "${1:-}" = --faults ]; then
    [ "$(uname -m)" = x86_64 ] || die 'test --faults needs an x86-64 processor, because it changes registers'
    build faults
    exec "$build/04_pools/tests/faults" "${@:2}"
  fi
  if [ "${1:-}" = --load ]; then
    build load
    exec "$build/04_pools/tests/load" "${@:2}"
  fi
  [ -n "$exercise" ] || set_up_if_possible "$test_needs" 'Tests that need it are skipped.' >&2
  build ${exercise:+"${exercise}_programs" cpu_count}
  local at_once=$((2 * $("$build/01_process/lesson/cpu_count")))  # most tests wait most of the time
  exec ctest --preset default --output-on-failure --no-tests=error --parallel "$at_once" "$@"
}

#: bench [NAME...]        measure everything, or these groups; --quick takes two minutes, --help says more
do_bench() {
  is_there python:json || die "bench needs Python; './course setup --bench' installs it"
  prepare
  quietly cmake --preset default || die 'CMake could not configure the build, see above'  # peers may be new
  build lessons benchmarks
  cd "$caller"
  PYTHONDONTWRITEBYTECODE=1 exec "$(system_python)" "${build%/build}/.course/bench" "$@"
}
