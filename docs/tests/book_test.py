"""The ePub is valid, and has everything that the site has."""

import os
import subprocess
import unittest
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = Path(os.environ.get("COURSE_BUILD", ROOT / "build"))


class BookTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run([ROOT / "docs" / "site", "--epub"], check=True, capture_output=True, stdin=subprocess.DEVNULL)
        cls.book = BUILD / "site-epub" / "course.epub"

    def test_it_is_a_valid_epub(self):
        done = subprocess.run(["java", "-jar", "/usr/share/java/epubcheck.jar", self.book], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])

    def test_it_has_lessons_drawings_figures_and_answers(self):
        with zipfile.ZipFile(self.book) as book:
            names = book.namelist()
            page = book.read("chapters/01_process.xhtml").decode()
        self.assertTrue({"_images/deadlock.svg", "_images/amdahl.svg", "exercises/ping_pong.xhtml", "summary.xhtml"} <= set(names))
        self.assertIn("void", page)
        self.assertIn("greeting.py", page)  # both languages
        self.assertIn("S(n) = 1/(s + (1 − s)/n)", page)  # no TeX
        self.assertIn("The answers:", page)
        for what in ("<form", "<button", "<script", "MathJax"):
            self.assertNotIn(what, page)

    def test_latex_is_refused_in_one_line(self):
        done = subprocess.run(["python3" if not Path("/usr/bin/python3").exists() else "/usr/bin/python3", "-m", "sphinx", "-b", "latex",
                               ".", BUILD / "site-latex"], cwd=ROOT / "docs", capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("the course is not made for LaTeX: './course site --epub' makes a book", done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        error = done.stderr[done.stderr.index("Extension error"):]  # Sphinx may warn of its extensions first
        self.assertLessEqual(len(error.strip().splitlines()), 2, done.stderr)


if __name__ == "__main__":
    unittest.main()
