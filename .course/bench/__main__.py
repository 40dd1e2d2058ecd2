"""Measures the toolkit and its usual alternatives. ./course bench runs this.

Each group of benchmarks is a table. Its rows are measured in turn, in another order each round, so that a slow moment
hits all of them alike; the table shows medians, how far the rounds differ, and the ratio to the first row.
Google Benchmark measures; what it does not know, memory and the cost of building, is measured here.
"""

import argparse
import datetime
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from report import AXES, draw, figures, growth_table, remarks, series_of, table
from rows import PYTHON, Failure, cluster_groups, cold_build, course_groups, google_groups, memory_groups


class Progress:
    """Shows what is being measured in one line on a terminal; nothing elsewhere."""

    def __init__(self):
        self.on_terminal, self.start = sys.stderr.isatty(), time.monotonic()

    def show(self, text):
        if self.on_terminal:
            print(f"\r\033[K{time.monotonic() - self.start:4.0f} s  {text}"[:100], end="", file=sys.stderr, flush=True)

    def clear(self):
        if self.on_terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def measure_group(name, rows, options, progress):
    for turn in range(options.rounds):
        for row in random.sample(rows, len(rows)):
            if row.failure or row.measure is cold_build and turn > 0:
                continue
            progress.show(f"{name}: {row.name}, round {turn + 1} of {options.rounds}")
            try:
                row.found.append(row.measure(row))
            except Failure as failure:
                row.failure = str(failure)
    progress.clear()


# ---- where, and beside whom ----

def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return os.uname().machine


def missing_peers(groups):
    rows = {row.name.lower() for group in groups.values() for row in group}
    missing = [name for name, row in (("OpenMP", "openmp"), ("oneTBB", "onetbb"), ("Open MPI", "mpi_reduce")) if row not in rows]
    for name, module in (("NumPy", "numpy"), ("joblib", "joblib"), ("mpi4py", "mpi4py")):
        if subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True).returncode:
            missing.append(name)
    return missing


def wanted(groups, options):
    """Returns the requested groups; a quick run leaves out the largest sizes."""
    return {name: rows for name, rows in groups.items()
            if (not options.name or name.startswith(tuple(options.name)))
            and not (options.quick and name.startswith("growth_") and int(name.rpartition("/")[2]) > 10_000_000)}


def save(file, facts, measured):
    """Adds the results to the file, which keeps those of other groups."""
    old = json.loads(file.read_text()) if file.exists() else {}
    groups = {**old.get("groups", {}), **measured}
    told = {kind: remarks(kind, series_of(kind, groups)) for kind in AXES}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**facts, "groups": groups, "remarks": told}, indent=1) + "\n")


def parse():
    parser = argparse.ArgumentParser(prog="course bench", description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="*", help="only these groups, such as pi or memory; --list names them all")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: within two minutes")
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="write the results to this file, which keeps those of other groups, and figures next to it")
    parser.add_argument("--list", action="store_true", help="list the groups")
    options = parser.parse_args()
    options.rounds, options.min_time = (2, 0.02) if options.quick else (5, 0.1)
    return options


def main():
    options, progress = parse(), Progress()
    groups = {**google_groups(options), **memory_groups(options), **cluster_groups(options),
              **course_groups(options)}
    kinds = list(dict.fromkeys(name.partition("/")[0] for name in groups))
    if options.list:
        return print("\n".join(kinds))
    for name in options.name:
        if not any(kind.startswith(name) for kind in kinds):
            sys.exit(f"course: bench has no group '{name}'; the groups are: {', '.join(kinds)}")
    missing = missing_peers(groups)
    if missing:
        print(f"Not installed, so left out: {', '.join(missing)}. './course setup --bench' installs them.")
    for name in groups:
        groups[name] = [row for row in groups[name] if not row.name.startswith(tuple(missing))]
    load, cpus = os.getloadavg()[0], len(os.sched_getaffinity(0))
    if load > 0.5 * cpus:
        print(f"Other programs keep this computer busy (load {load:.1f}, {cpus} processors), so the times are too long, "
              "and the ratios rough.")

    facts = {"processor": processor(), "cpus": cpus, "date": datetime.date.today().isoformat(),
             "runs": f"{options.rounds} rounds", "load": round(load, 2), "missing": missing}

    measured, failures = {}, []
    for name, rows in wanted(groups, options).items():
        measure_group(name, rows, options, progress)
        failures += [f"{name}/{row.name}: {row.failure}" for row in rows if row.failure]
        if found := [figures(row) for row in rows if row.found]:
            measured[name] = found
            if name.partition("/")[0] not in AXES:
                print(table(name, found), flush=True)
            if options.json:
                save(options.json, facts, measured)
    for kind in AXES:
        if series := series_of(kind, measured):
            print("\n".join([growth_table(kind, series), *remarks(kind, series)]))
            if options.json:
                draw(kind, series, options.json.parent / f"{kind}.svg")
    for failure in failures:
        print(f"Left out: {failure}", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
