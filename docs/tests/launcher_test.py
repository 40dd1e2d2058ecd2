"""The instructor's commands of ./course, in copies of the course."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_COPIED = shutil.ignore_patterns("build*", ".deps", ".git", "__pycache__")


class LauncherTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="course-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.course = self.folder / "course"
        shutil.copytree(ROOT, self.course, ignore=NOT_COPIED, symlinks=True)

    def run_in(self, folder, *command, status=0, **options):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def commit(self, message):
        if not (self.course / ".git").exists():
            self.run_in(self.course, "git", "init", "--quiet")
        self.run_in(self.course, "git", "add", "--all")
        self.run_in(self.course, "git", "-c", "user.name=A", "-c", "user.email=a@localhost", "commit", "--quiet", "-m", message)

    def test_a_new_lesson_has_all_its_parts(self):
        for chapter in ("1", "02_pipes_queues", "3", "04"):
            said = self.run_in(self.course, "./course", "new-lesson", chapter, f"brand_new_{int(chapter[:2])}")
            self.assertIn(f"./course run brand_new_{int(chapter[:2])}", said)
        environment = dict(os.environ, COURSE_ROOT=str(self.course))
        self.run_in(ROOT, sys.executable, "docs/tests/complete_test.py", env=environment)
        page = (self.course / "docs" / "chapters" / "01_process.md").read_text()
        self.assertEqual(page.count("\n### What brand_new_1 is about\n"), 1)
        self.assertLess(page.index("brand_new_1"), page.index("## How it works inside"))
        # Its test is among the others.
        self.assertIn('run_lesson("brand_new_3")', (self.course / "03_shared_memory" / "tests" / "lesson_test.cpp").read_text())
        self.assertIn("01_process/brand_new_1.cpp already exists",
                      self.run_in(self.course, "./course", "new-lesson", "1", "brand_new_1", status=2))
        self.assertIn("no chapter '7'", self.run_in(self.course, "./course", "new-lesson", "7", "other", status=2))

    def test_a_lesson_without_a_part_is_noticed(self):
        """Removes each part once."""
        parts = {"02_pipes_queues/README.md": "[`pipe_sum`]", "docs/chapters/02_pipes_queues.md": ":::{lesson} pipe_sum",
                 "02_pipes_queues/tests/lesson_test.cpp": '"pipe_sum"', "docs/learn.md": "{lesson}`pipe_sum`",
                 "docs/instructors.md": "{lesson}`pipe_sum`", "exercises/ping_pong/exercise.json": '"difficulty"'}
        environment = dict(os.environ, COURSE_ROOT=str(self.course))
        for part, text in parts.items():
            with self.subTest(part):
                file = self.course / part
                whole = file.read_text()
                file.write_text(whole.replace(text, "…"))
                self.run_in(ROOT, sys.executable, "docs/tests/complete_test.py", env=environment, status=1)
                file.write_text(whole)
        (self.course / "02_pipes_queues" / "python" / "pipe_sum.py").unlink()
        self.run_in(ROOT, sys.executable, "docs/tests/complete_test.py", env=environment, status=1)

    def test_the_tests_of_an_exercise_need_only_its_own_programs(self):
        tools, calls = self.folder / "tools", self.folder / "calls"
        tools.mkdir()
        for name in ("cmake", "ctest"):
            (tools / name).write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{name} version 3.30" || echo "{name} $*" >>"{calls}"\n')
            (tools / name).chmod(0o755)
        counts = self.course / "build" / "01_process" / "lesson" / "cpu_count"
        counts.parent.mkdir(parents=True)
        counts.write_text("#!/bin/sh\necho 3")
        counts.chmod(0o755)
        if (ROOT / ".deps").exists():
            (self.course / ".deps").symlink_to(ROOT / ".deps")
        environment = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}")
        for words, targets in ((["-R", "ping_pong"], " --target ping_pong_programs cpu_count"), (["-R", "greeting"], ""), ([], "")):
            calls.unlink(missing_ok=True)
            self.run_in(self.course, "./course", "test", *words, env=environment)
            *_, build, test = calls.read_text().splitlines()
            self.assertEqual(build, "cmake --build --preset default" + targets)
            self.assertTrue(test.endswith(" ".join(["--parallel 6", *words])), test)

    def test_the_student_version_gives_nothing_away(self):
        self.commit("The course")
        students = self.folder / "students"
        self.run_in(self.folder, self.course / "course", "student-version", "students")
        files = self.run_in(students, "git", "ls-files").splitlines()
        self.assertIn("exercises/ping_pong/ping_pong.cpp", files)
        self.assertIn("docs/chapters/01_process.md", files)
        for folder in ("solutions/", "exercises/tools/hostile/", "exercises/tools/grading/", "exercises/tools/template/", ".ci/"):
            self.assertFalse([file for file in files if file.startswith(folder)], folder)
        solution = next(line for line in (self.course / "solutions/ping_pong/ping_pong.cpp").read_text().splitlines()
                        if "recv" in line).strip()
        for file in files:
            self.assertNotIn(f"\n  {solution}\n", (students / file).read_text(errors="replace") if "exercises/" in file else "", file)
        for command in (["grade", "class", "--out", "report"], ["solution", "ping_pong"], ["new-exercise", "other"],
                        ["new-lesson", "1", "other"], ["student-version", "more"]):
            self.assertIn("needs the full one", self.run_in(students, "./course", *command, status=1))

    def test_the_student_version_is_brought_up_to_date_without_conflicts(self):
        self.commit("The course")
        students, clone = self.folder / "students", self.folder / "clone"
        self.run_in(self.course, "./course", "student-version", students)
        self.run_in(self.folder, "git", "clone", "--quiet", students, clone)
        solved = clone / "exercises" / "ping_pong" / "ping_pong.cpp"
        solved.write_text("// solved\n")
        identity = ("-c", "user.name=S", "-c", "user.email=s@localhost")
        self.run_in(clone, "git", *identity, "commit", "--quiet", "--all", "-m", "Solved")

        (students / ".github").mkdir()
        (students / ".github" / "classroom.yml").write_text("mine")
        self.run_in(students, "git", "add", "--all")
        self.run_in(students, "git", *identity, "commit", "--quiet", "-m", "Workflow")
        self.assertIn("up to date", self.run_in(self.course, "./course", "student-version", students))
        with (self.course / "docs" / "glossary.md").open("a") as glossary:
            glossary.write("\nchanged\n")
        (self.course / "docs" / "summary.md").unlink()
        self.commit("A change")
        self.run_in(self.course, "./course", "student-version", students)
        self.run_in(clone, "git", *identity, "pull", "--quiet", "--no-rebase", "--no-edit")
        self.assertEqual(solved.read_text(), "// solved\n")
        self.assertTrue((clone / "docs" / "glossary.md").read_text().endswith("changed\n"))
        self.assertFalse((clone / "docs" / "summary.md").exists())
        self.assertTrue((clone / ".github" / "classroom.yml").exists(), "the instructor's own file stays")

    def test_a_folder_with_something_else_is_left_alone(self):
        self.commit("The course")
        (self.folder / "own").mkdir()
        (self.folder / "own" / "thesis.txt").write_text("mine")
        self.assertIn("is not a student version", self.run_in(self.course, "./course", "student-version", "../own", status=1))
        self.assertEqual(os.listdir(self.folder / "own"), ["thesis.txt"])


if __name__ == "__main__":
    unittest.main()
