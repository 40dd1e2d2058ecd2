"""Every lesson and every exercise has all its parts."""

import json
import os
import re
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("COURSE_ROOT", Path(__file__).parents[2]))
CHAPTERS = sorted(path.name for path in ROOT.glob("[0-9]*_*"))
# Python has no counterpart of these; their pages say so.
WITHOUT_TWIN = {"atomics", "shared_queue"}


def calls(folder, function):
    """Returns the names that a folder's CMakeLists.txt adds, in order."""
    return re.findall(rf"^ *{function}\((\w+)", (ROOT / folder / "CMakeLists.txt").read_text(), re.M)


LESSONS = [(chapter, name) for chapter in CHAPTERS for name in calls(chapter, "add_lesson")]
EXERCISES = calls("exercises", "add_exercise")


def plan(page):
    """Returns the rows of a page's plan for a term."""
    section = (ROOT / "docs" / page).read_text().partition("\n## A term\n")[2].partition("\n## ")[0]
    return "\n".join(re.findall(r"^\| \d+ \|.*", section, re.M))


class CompleteTest(unittest.TestCase):
    def for_each(self, things, check):
        self.assertTrue(things)
        for thing in things:
            with self.subTest(thing):
                check(*thing if isinstance(thing, tuple) else [thing])

    def test_lessons_have_a_row_a_section_and_a_test(self):
        def check(chapter, name):
            self.assertRegex((ROOT / chapter / "README.md").read_text(), rf"(?m)^\| \[`{name}`\]\({name}\.cpp\)[^|]*\| .+ \|$")
            self.assertEqual((ROOT / "docs" / "chapters" / f"{chapter}.md").read_text().count(f"\n:::{{lesson}} {name}\n"), 1)
            tests = "".join(file.read_text() for file in (ROOT / chapter / "tests").glob("*.[ch]pp"))
            self.assertTrue(re.search(rf'"{name}"', tests), f"no test in {chapter}/tests runs it")

        self.for_each(LESSONS, check)

    def test_lessons_have_a_twin_in_python(self):
        def check(chapter, name):
            twin = ROOT / chapter / "python" / f"{name}.py"
            self.assertNotEqual(twin.exists(), name in WITHOUT_TWIN, twin)

        self.for_each(LESSONS, check)
        for chapter in CHAPTERS:
            twins = {file.stem for file in (ROOT / chapter / "python").glob("*.py")}
            self.assertLessEqual(twins, {name for _, name in LESSONS}, "a twin without its lesson")

    def test_lessons_are_in_the_plans_once(self):
        def check(_, name):
            for page in ("learn.md", "instructors.md"):
                self.assertEqual(plan(page).count(f"{{lesson}}`{name}`"), 1, page)

        self.for_each(LESSONS, check)

    def test_the_lessons_of_a_week_fit_into_a_meeting(self):
        minutes = {}
        for chapter in CHAPTERS:
            text = (ROOT / "docs" / "chapters" / f"{chapter}.md").read_text()
            for name, options in re.findall(r"^:::\{lesson\} (\w+)\n((?::.*\n)*):::$", text, re.M):
                stated = re.search(r"^:minutes: (\d+)$", options, re.M)
                minutes[name] = int(stated[1]) if stated else 10
        for page in ("learn.md", "instructors.md"):
            for week in plan(page).splitlines():
                self.assertLessEqual(sum(minutes[name] for name in re.findall(r"\{lesson\}`(\w+)`", week)), 90, f"{page}: {week}")

    def test_instructors_have_notes_on_each_lesson(self):
        notes = re.findall(r"^\| \{lesson\}`(\w+)` \| (.+) \| (.+) \|$", (ROOT / "docs" / "instructors.md").read_text(), re.M)
        self.assertEqual(sorted(name for name, _, _ in notes), sorted(name for _, name in LESSONS))

    def test_exercises_have_all_files(self):
        def check(name):
            for file in ("README.md", "exercise.json", f"{name}.hpp", f"{name}.cpp", f"{name}_test.cpp", "main.cpp"):
                self.assertTrue((ROOT / "exercises" / name / file).exists(), file)
            self.assertTrue((ROOT / "solutions" / name / f"{name}.cpp").exists(), "solution")
            self.assertTrue(list((ROOT / "solutions" / name / "wrong").glob("*.cpp")), "a wrong solution")

        self.for_each(EXERCISES, check)

    def test_exercises_have_facts_tests_and_a_place_in_the_plans(self):
        def check(name):
            facts = json.loads((ROOT / "exercises" / name / "exercise.json").read_text())
            self.assertIn(facts["difficulty"], ("easy", "medium", "hard"))
            self.assertGreater(facts["minutes"], 0)
            self.assertIn(facts["chapter"], CHAPTERS)
            self.assertGreaterEqual(len(facts["hints"]), 2)
            tests = (ROOT / "exercises" / name / f"{name}_test.cpp").read_text()
            for test in facts["points"]:
                self.assertTrue(re.search(rf"\b{test}\b", tests), f"{test} is not in the program")
            self.assertIn("](../../", (ROOT / "exercises" / name / "README.md").read_text(), "it names no lesson")
            for page in ("learn.md", "instructors.md"):
                self.assertEqual(plan(page).count(f"{{exercise}}`{name}`"), 1, page)

        self.for_each(EXERCISES, check)

    def test_quizzes_of_all_chapters_are_in_the_plans(self):
        for page in ("learn.md", "instructors.md"):
            for chapter in CHAPTERS:
                self.assertIn(f"quiz of chapter {int(chapter[:2])}", plan(page), page)
            self.assertIn("summary quiz", plan(page), page)


if __name__ == "__main__":
    unittest.main()
