# shellcheck shell=bash
# The exercises: the learner's commands, and the instructor's.

exercise_cli() {
  case " $* " in *' --help '* | *' -h '*) do_help; return ;; esac
  prepare
  build exercise_cli
  exec "$build/exercises/exercise_cli" "$@"
}

#: list                   the exercises, and your points
do_list() { exercise_cli list "$@"; }

#: check NAME             check your solution of an exercise and explain what is wrong;
#:                        --timeline FILE runs its main.cpp and draws what the processes did
do_check() {
  local name
  take_timeline "$@"
  [ -n "$timeline" ] || exercise_cli check "$@"
  name=${arguments[0]:-}
  [[ ${#arguments[@]} -gt 0 && -e exercises/$name/exercise.json ]] \
    || usage_error "there is no exercise '$name'; './course list' shows all"
  prepare
  run_recorded "$name" "$build/exercises/$name/$name" "${arguments[@]:1}"
}

#: hint NAME              a hint, and one more each time
do_hint() { exercise_cli hint "$@"; }

#: watch NAME             check again whenever you save
do_watch() { exercise_cli watch "$@"; }

#: reset NAME             restore the original file; yours is kept, and so are your points
do_reset() { exercise_cli reset "$@"; }

#: solution NAME          the worked solution, once you have all points; before that with --spoil
do_solution() {
  needs_full_version solution
  exercise_cli solution "$@"
}

#: grade CLASS --out DIR  grade a class, one folder for each student; see docs/grading.md
do_grade() {
  needs_full_version grade
  case " $* " in
    *' --no-sandbox '* | *' --help '* | *' -h '*) prepare ;;
    *)
      set_up "$needs$grading_needs" >&2
      configure
      ;;
  esac
  build grading
  cd "$caller"
  exec "$build/exercises/tools/grading/exercise_grade" "$@"
}

#: new-exercise NAME      begin a new exercise from a template
do_new-exercise() {
  local name=${1:-} file to last
  needs_full_version new-exercise
  [[ $# -eq 1 && $name =~ ^[a-z][a-z0-9_]*$ ]] || usage_error 'new-exercise takes a name, such as matrix_rows'
  if [ -e "exercises/$name" ] || [ -e "solutions/$name" ]; then usage_error "there is already a folder $name"; fi
  mkdir -p "exercises/$name" "solutions/$name/wrong"
  for file in exercises/tools/template/{*,wrong/*.cpp}; do
    case $file in
      */wrong) continue ;;
      */wrong/*) to=solutions/$name/wrong/${file##*/} ;;
      */solution.cpp) to=solutions/$name/$name.cpp ;;
      *) to=exercises/$name/${file##*/} ;;
    esac
    sed "s/NAME/$name/g" "$file" >"${to//NAME/$name}"
  done
  mkdir -p "exercises/tools/skeletons/$name"
  cp "exercises/$name/$name.cpp" "exercises/tools/skeletons/$name/"
  last=$(grep -n '^add_exercise(' exercises/CMakeLists.txt | tail -n 1 | cut -d : -f 1)
  sed -i "${last}a add_exercise($name mp::channels)" exercises/CMakeLists.txt
  say "The new exercise is in exercises/$name, its solution in solutions/$name."
  say "It already works. Try './course check $name' and './course test -R $name'. CONTRIBUTING.md says what to fill in."
}
