"""Timelines: their description in words on the pages, and the launcher's option."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "_ext"))
import timeline  # noqa: E402


def event(kind, process, name, time=0.0, **more):
    return {"ph": kind, "pid": process, "tid": 1, "ts": time, "name": name, **more}


def life(process, name, begin, end, ended):
    return [event("M", process, "thread_name", args={"name": name}),
            event("X", process, "runs", begin, cat="process", dur=end - begin, args={"process id": 7, "ended": ended})]


class InWordsTest(unittest.TestCase):
    def setUp(self):
        self.recorded = timeline.Recorded({"traceEvents": [
            *life(1, "MainProcess", 0.0, 20000.0, ""),
            *life(2, "Worker-1", 1000.0, 15000.0, "signal 9 (Killed)"),
            event("i", 2, "killed", 15000.0, cat="process", s="p"),
            event("X", 1, "waits for results", 2000.0, cat="wait", dur=3000.0),
            event("X", 1, "waits for results", 6000.0, cat="wait", dur=1000.0),
            event("X", 2, "works on a task", 9000.0, cat="task", dur=6000.0, args={"done": False}),
            event("b", 2, "holds a lock", 9500.0, cat="lock", id=1),
            event("e", 2, "holds a lock", 10000.0, cat="lock", id=1),
            event("s", 1, "start", 500.0, cat="arrow", id=2), event("f", 2, "start", 1000.0, cat="arrow", id=2, bp="e"),
            event("s", 1, "task", 3000.0, cat="arrow", id=3), event("f", 2, "task", 4000.0, cat="arrow", id=3, bp="e"),
            event("s", 1, "task", 8000.0, cat="arrow", id=4), event("f", 2, "task", 9000.0, cat="arrow", id=4, bp="e"),
            event("s", 2, "result", 5000.0, cat="arrow", id=5), event("f", 1, "result", 5500.0, cat="arrow", id=5, bp="e"),
        ]})

    def test_the_summary_names_the_processes_and_the_time(self):
        self.assertEqual(self.recorded.summary(), "Timeline of 2 processes over 20.00 ms: MainProcess and Worker-1.")

    def test_each_process_says_what_it_did(self):
        self.assertEqual(list(self.recorded.sentences((1, 1))), [
            "MainProcess runs from 0.00 ms to 20.00 ms.", "It waits for results twice (4.00 ms in all).",
            "It sends 2 tasks to Worker-1."])
        self.assertEqual(list(self.recorded.sentences((2, 1))), [
            "Worker-1 runs from 1.00 ms to 15.00 ms and is killed.",
            "It holds a lock once (0.50 ms) and works on a task once (6.00 ms).", "It sends 1 result to MainProcess.",
            "At its end it still works on a task."])


class LauncherTest(unittest.TestCase):
    def course(self, *arguments):
        return subprocess.run([ROOT / "course", *arguments], cwd=self.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="course-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_it_records_the_main_program_of_an_exercise(self):
        for name in ("fan_out", "ping_pong"):
            done = self.course("check", name, "--timeline", f"{name}.json")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            recorded = timeline.Recorded(json.loads((self.folder / f"{name}.json").read_text()))
            self.assertIn("MainProcess", recorded.names.values())

    def test_mistakes_are_told_in_a_line(self):
        for arguments, words in [
            (["check", "nothing", "--timeline", "a.svg"], "there is no exercise 'nothing'"),
            (["check", "ping_pong", "--timeline", "a.gif"], "takes a file that ends in .svg"),
            (["check", "ping_pong", "--timeline"], "takes a file that ends in .svg"),
            (["check", "ping_pong", "--timeline", "nowhere/a.svg"], "cannot write nowhere/a.svg"),
            (["run", "fork_by_hand", "--timeline", "a.svg"], "does not use mp"),
            (["run", "--timeline", "a.svg"], "needs the name of a lesson"),
        ]:
            with self.subTest(arguments):
                done = self.course(*arguments)
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertIn(words, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)


if __name__ == "__main__":
    unittest.main()
