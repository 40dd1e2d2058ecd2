# shellcheck shell=bash
# For instructors: a version for students, and new lessons. Exercises and grading are in exercises.sh.

# Left out of the student version.
full_version_only=(.ci .github CONTRIBUTING.md solutions exercises/tools/grading exercises/tools/hostile exercises/tools/template)

is_student_version_in() { [ -e "$1/.course/student-version" ]; }

# needs_full_version WHAT: fails if this is a student version, which lacks what the command needs.
needs_full_version() {
  if is_student_version_in .; then die "this is the student version of the course; $1 needs the full one, which your instructor has"; fi
}

#: student-version DIR    make a repository for students, without solutions, or update it
do_student-version() {
  [ $# -eq 1 ] || usage_error 'student-version takes a folder'
  local target version identity=()
  needs_full_version student-version
  git rev-parse --verify --quiet HEAD >/dev/null || die 'the student version is made from the last commit; put this folder under Git first'
  target=$(cd "$caller" && readlink -m "$1")
  if [ -n "$(ls -A "$target" 2>/dev/null)" ] && ! is_student_version_in "$target"; then
    die "$1 is not empty, and is not a student version"
  fi
  mkdir -p "$target"
  [ -e "$target/.git" ] || git init --quiet "$target"
  [ -z "$(git -C "$target" status --porcelain)" ] || die "$1 has changes that are not committed"
  [ -z "$(git status --porcelain --untracked-files=no)" ] || say 'Your uncommitted changes are not included.'

  # Files of an earlier version go; files that you have added stay, such as a workflow for Classroom.
  if is_student_version_in "$target"; then sed 1d "$target/.course/student-version" | (cd "$target" && xargs -d '\n' -r rm -f); fi
  version=$(git rev-parse --short HEAD)
  git archive HEAD -- . "${full_version_only[@]/#/:(exclude)}" | tar -x -C "$target"
  {
    echo "The course, student version of $version, with these files:"
    git archive HEAD -- . "${full_version_only[@]/#/:(exclude)}" | tar -t | grep -v '/$'
  } >"$target/.course/student-version"
  git -C "$target" add --all
  if [ -z "$(git -C "$target" status --porcelain)" ]; then say "$1 is up to date."; return; fi
  git -C "$target" config user.email >/dev/null || identity=(-c user.name=Course -c user.email=course@localhost)
  git -C "$target" "${identity[@]}" commit --quiet -m "The course, student version of $version"
  say "$1 has the student version of $version, committed. Push it to where your students clone from."
}

# Prints the folder of a chapter, which may be given by its number.
chapter_folder() {
  local folder
  for folder in [0-9]*_*; do
    case $1 in "$folder" | "${folder%%_*}" | "${folder:1:1}") echo "$folder"; return ;; esac
  done
  usage_error "there is no chapter '$1'; the chapters are: $(echo [0-9]*_*)"
}

#: new-lesson CHAPTER NAME  begin a new lesson, small but complete
do_new-lesson() {
  [ $# -eq 2 ] || usage_error 'new-lesson takes a chapter and a name, such as: 2 my_lesson'
  local chapter name=$2 last file
  needs_full_version new-lesson
  chapter=$(chapter_folder "$1")
  [[ $name =~ ^[a-z][a-z0-9_]*$ ]] || usage_error "'$name' cannot name a lesson; use lower-case letters, digits and _"
  for file in [0-9]*_*/"$name".cpp "exercises/$name"; do
    [ ! -e "$file" ] || usage_error "$file already exists"
  done
  last=$(sed -nE 's/^ *add_lesson\((\w+).*/\1/p' "$chapter/CMakeLists.txt" | tail -n 1)

  sed "s/NAME/$name/g" .course/lesson/NAME.cpp >"$chapter/$name.cpp"
  sed "s/NAME/$name/g" .course/lesson/NAME.py >"$chapter/python/$name.py"
  sed -i "s/^ *add_lesson(${last}[ )].*/&\n  add_lesson($name)/" "$chapter/CMakeLists.txt"
  sed -i "s/^| \[\`$last\`\].*/&\n| [\`$name\`]($name.cpp) | what $name shows |/" "$chapter/README.md"
  file=docs/chapters/$chapter.md
  sed -i -e "/^## How it works inside/{
    s/.*/$(sed "s/NAME/$name/g; s|[&/\\]|\\\\&|g" .course/lesson/section.md | sed -z 's/\n/\\n/g')&/
  }" "$file"
  file=$chapter/tests/lesson_test.cpp
  sed -i "0,/^}  \/\/ namespace/s/^}  \/\/ namespace/$(sed "s/NAME/$name/g; s|[&/\\]|\\\\&|g" .course/lesson/test.cpp | sed -z 's/\n/\\n/g')\n&/" "$file"
  for file in docs/learn.md docs/instructors.md; do
    sed -i -E "/^\| [0-9]+ \|/s/\{lesson\}\`$last\`/&, {lesson}\`$name\`/" "$file"
  done
  sed -i "s/^| {lesson}\`$last\` |.*/&\n| {lesson}\`$name\` | what to ask | what goes wrong |/" docs/instructors.md
  say "The new lesson is $chapter/$name.cpp; './course run $name' runs it."
  say "It works, and has all its parts. Fill in python/$name.py, the row in $chapter/README.md, the section in"
  say "docs/chapters/$chapter.md, its test in $chapter/tests/lesson_test.cpp and its row in docs/instructors.md."
}

#: quiz-export            write the quizzes for a learning platform (Moodle XML) to build/quizzes
do_quiz-export() {
  [ $# -eq 0 ] || usage_error 'quiz-export takes no arguments'
  "$(system_python)" docs/moodle.py build/quizzes
}
