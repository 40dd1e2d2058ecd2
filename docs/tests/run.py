"""Runs the tests of the website: each file in a process of its own, as many at a time as there are processors."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

TESTS = Path(__file__).parent
BUILDS = TESTS / "build_test.py"  # builds the pages that the others read


def run(file):
    done = subprocess.run([sys.executable, "-m", "unittest", "--verbose", file.name], cwd=TESTS, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return file.name, done.returncode, done.stdout


def main():
    # The largest, which opens every page in a browser, takes longest.
    others = sorted(set(TESTS.glob("*_test.py")) - {BUILDS}, key=lambda file: -file.stat().st_size)
    failed = []
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as executor:
        for runs in ([BUILDS], others):
            for run_of_file in as_completed([executor.submit(run, file) for file in runs]):
                name, status, output = run_of_file.result()
                print(f"== {name} ==\n{output}", flush=True)
                if status != 0:
                    failed.append(name)
    if failed:
        sys.exit(f"failed: {' '.join(sorted(failed))}")


if __name__ == "__main__":
    main()
