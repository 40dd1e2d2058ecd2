"""Runs of lessons for the pages, and how they are kept."""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "_ext"))
import lesson  # noqa: E402
import runs  # noqa: E402


class RunsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.build = Path(folder.name)
        (self.build / "01_process").mkdir()
        self.program = self.build / "01_process" / "lesson"
        self.write_program("echo printed; exit 3")
        self.shares = []  # the processor share of others during the next runs
        self.load = 0.0
        real = runs.run_in_terminal

        def run(program, arguments, folder):
            output, status, _ = real(program, arguments, folder)
            return output + f"run with {self.shares[0]}\n", status, self.shares.pop(0)

        for name, value in {"run_in_terminal": run, "cpus": lambda: 2}.items():
            patch = mock.patch.object(runs, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        patch = mock.patch.object(runs.os, "getloadavg", lambda: (self.load, 0, 0))
        patch.start()
        self.addCleanup(patch.stop)

    def write_program(self, commands):
        self.program.write_text(f"#!/bin/sh\n{commands}\n")
        self.program.chmod(0o755)

    def get(self, **options):
        return runs.Runs(self.build).get("01_process", "lesson", ["--points", "5"], **options)[0]

    def test_a_run_is_kept_until_the_program_changes(self):
        self.shares = [0.0, 0.0]
        self.assertEqual(self.get()["output"], "printed\nrun with 0.0\n")
        self.assertEqual(self.get()["status"], 3)
        self.assertEqual(len(self.shares), 1)
        self.write_program("echo other")
        self.assertEqual(self.get()["output"], "other\nrun with 0.0\n")

    def test_a_measurement_on_a_busy_computer_is_made_again(self):
        self.shares = [0.5, 0.02]
        record = self.get(measures=True)
        self.assertEqual(record["others"], 0.02)
        self.assertIn("run with 0.02", record["output"])
        self.assertNotIn("Other programs", runs.where_measured(record))
        self.assertRegex(runs.where_measured(record), r"^Measured on .+ with 2 processors, \d+ \w+ \d{4}\.$")

    def test_the_quietest_of_three_counts_and_the_page_says_so(self):
        self.shares = [0.5, 0.3, 0.4]
        record = self.get(measures=True)
        self.assertEqual(record["others"], 0.3)
        self.assertIn("Other programs used 30% of the processors", runs.where_measured(record))

    def test_it_is_made_again_later_when_the_computer_is_idle(self):
        self.shares, self.load = [0.5], 20.0  # so busy that it is tried only once
        self.assertEqual(self.get(measures=True)["others"], 0.5)
        self.assertEqual(self.get(measures=True)["others"], 0.5)  # kept
        self.shares, self.load = [0.01], 0.1
        self.assertEqual(self.get(measures=True)["others"], 0.01)

    def test_what_does_not_measure_runs_once(self):
        self.shares = [0.9]
        self.assertEqual(self.get()["others"], 0.9)

    def test_others_are_what_is_not_our_own(self):
        with mock.patch.object(runs.os, "cpu_count", lambda: 4):
            self.assertAlmostEqual(runs.others_share(all_used=10, own=6, elapsed=2), 0.5)
            self.assertEqual(runs.others_share(all_used=2.03, own=2, elapsed=2), 0)

    def test_what_a_program_draws_is_kept(self):
        self.write_program('[ "$3" = --plot ] && echo drawn > "$4"')
        self.shares = [0.0]
        _, folder = runs.Runs(self.build).get("01_process", "lesson", ["--points", "5"], [("--plot", "lesson.svg")])
        self.assertEqual((folder / "lesson.svg").read_text(), "drawn\n")


class NotBuiltTest(unittest.TestCase):
    def test_a_lesson_that_is_left_out_is_shown_without_a_run(self):
        directive = lesson.Run.__new__(lesson.Run)
        directive.state = mock.Mock()
        with mock.patch.object(lesson, "read_lessons", return_value={"04_pools": {"map_squares": 0}}):
            self.assertEqual(directive.find_chapter("map_squares"), ("04_pools", 0))
            self.assertEqual(directive.find_chapter("cluster_pi"), ("04_pools", None))
        [note] = directive.shown_run("cluster_pi", "04_pools", None)
        self.assertIn("cluster_pi is not built", note.astext())


if __name__ == "__main__":
    unittest.main()
