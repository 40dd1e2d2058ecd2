"""The Python versions of the lessons run, and print what their last comment says."""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

PROGRAMS = sorted(Path(__file__).parents[2].glob("0*/python/*.py"))


def matches(expected, line):
    """Whether the line is as expected, where … matches anything."""
    return re.fullmatch(".+".join(map(re.escape, expected.split("…"))), line) is not None


class PythonTest(unittest.TestCase):
    def check(self, program):
        code, _, wanted = program.read_text().rpartition("\n\n# ")
        how, *wanted = wanted.splitlines()
        wanted = [line.removeprefix("#").strip() for line in wanted]
        # Unbuffered, a line and its end would be two writes, and other processes could write in between.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=60, env=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        printed = [line.strip() for line in done.stdout.splitlines()]
        self.assertIn(how, ("Prints:", "Prints, in any order:", "Begins with:", "Ends with:"))
        if how == "Begins with:":
            printed = printed[: len(wanted)]
        elif how == "Ends with:":
            printed = printed[-len(wanted) :]
        elif how == "Prints, in any order:":
            printed.sort()
            wanted.sort()
        self.assertEqual(len(printed), len(wanted), done.stdout)
        for expected, line in zip(wanted, printed):
            self.assertTrue(matches(expected, line), f"expected: {expected}\nprinted: {line}")

    def test_programs(self):
        self.assertTrue(PROGRAMS)
        for program in PROGRAMS:
            with self.subTest(program.name):
                self.check(program)


if __name__ == "__main__":
    unittest.main()
