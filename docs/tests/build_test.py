"""Only what changed is built again."""

import os
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = Path(os.environ.get("COURSE_BUILD", ROOT / "build"))


class BuildTest(unittest.TestCase):
    def written_pages(self):
        """Returns when each page was written, without the two that list all others, and the chapters, whose measurements may be
        repeated when the computer has become idle."""
        return {page: page.stat().st_mtime_ns for page in (BUILD / "site").rglob("*.html")
                if page.name not in ("genindex.html", "search.html") and page.parent.name != "chapters"}

    def build(self):
        """Returns the pages that a build has written."""
        before = self.written_pages()
        done = subprocess.run([ROOT / "docs" / "site"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return {page.relative_to(BUILD / "site").as_posix() for page, time in self.written_pages().items() if before.get(page) != time}

    def test_a_change_of_a_quiz_builds_its_page(self):
        self.build()
        self.assertEqual(self.build(), set())
        (ROOT / "docs" / "quizzes" / "summary.json").touch()
        written = self.build()
        self.assertIn("summary.html", written)
        self.assertLessEqual(written, {"summary.html", "index.html"})  # the first page lists them all


if __name__ == "__main__":
    unittest.main()
