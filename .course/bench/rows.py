"""The groups of rows, and how each row is measured."""

import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
PYTHON = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else "python3"  # the one with the distribution's packages
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
TIME_LIMIT = 120  # seconds for one row in one round


class Row:
    """A line of a table; measure() returns the result of one round or raises Failure."""

    def __init__(self, name, measure, of="run"):
        self.name, self.measure, self.of, self.found, self.failure = name, measure, of, [], None


class Failure(Exception):
    pass


def plain(name):
    """Returns the name of a benchmark without the library's suffixes."""
    return re.sub(r"(/iterations:\d+|/real_time|/manual_time)+$", "", name)


def google_benchmark(program, name, options):
    def measure(row):
        command = [program, f"--benchmark_filter=^{re.escape(name)}$", "--benchmark_format=json",
                   f"--benchmark_min_time={options.min_time}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT)
            result = json.loads(done.stdout)["benchmarks"][0]
        except subprocess.TimeoutExpired:
            raise Failure(f"took more than {TIME_LIMIT} s")
        except (ValueError, IndexError, KeyError):
            raise Failure(f"exit status {done.returncode}: {done.stderr.strip()[-200:]}")
        if result.get("error_occurred"):
            raise Failure(result["error_message"])
        if "items_per_second" in result:
            row.of = "item"
            return 1 / result["items_per_second"]
        if "bytes_per_second" in result:
            row.of = "GiB"
            return 2**30 / result["bytes_per_second"]
        return result["real_time"] * UNITS[result["time_unit"]]
    return measure


def google_groups(options):
    """Splits a benchmark's name, GROUP/ROW/ARGUMENTS; the arguments belong to the group."""
    groups = {}
    for line in (BUILD / "benchmarks.txt").read_text().split():
        program = BUILD / line
        listed = subprocess.run([program, "--benchmark_list_tests"], capture_output=True, check=True, text=True)
        for name in listed.stdout.splitlines():
            group, row, *arguments = plain(name).split("/")
            rows = groups.setdefault("/".join([group, *arguments]), [])
            rows.append(Row(row, google_benchmark(program, name, options)))
    return groups


# ---- memory of all processes of a program, with shared pages counted once ----

def descendants(root):
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
        except (OSError, IndexError):
            pass
    found = [root]
    for process in found:
        found += parents.get(process, [])
    return found


def proportional_size(process):
    try:
        return 1024 * int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{process}/smaps_rollup").read_text(), re.M)[1])
    except (OSError, TypeError):
        return 0


def peak_memory(command):
    def measure(row):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as program:
            peak, end = 0, time.monotonic() + TIME_LIMIT
            while program.poll() is None:
                if time.monotonic() > end:
                    program.kill()
                    raise Failure(f"took more than {TIME_LIMIT} s")
                peak = max(peak, sum(map(proportional_size, descendants(program.pid))))
                time.sleep(0.02)
            if program.returncode:
                raise Failure(program.stderr.read().strip().splitlines()[-1])
            return peak
    return measure


def memory_groups(options):
    python_pool = "import multiprocessing as m, time\nwith m.Pool(4) as p: p.map(time.sleep, [0.3] * 4, chunksize=1)"
    loky = "import joblib, time\njoblib.Parallel(4)(joblib.delayed(time.sleep)(0.3) for i in range(4))"
    python_copy = """
import multiprocessing as m
n, c = 1 << 24, 1 << 20
a = memoryview(m.RawArray("d", n)).cast("B").cast("d")
b = memoryview(m.RawArray("d", n)).cast("B").cast("d")
for i in range(0, n, c): a[i:i + c] = memoryview(bytes(8 * c)).cast("d")
def work(i):
    b[i:i + c] = a[i:i + c]
    return sum(a[i:i + c])
with m.get_context("fork").Pool(4) as p: sum(p.imap(work, range(0, n, c)))"""
    lesson = BUILD / "03_shared_memory" / "map_reduce"
    return {
        "memory_pool_of_4": [
            Row("mp_Pool", peak_memory([BUILD / "04_pools" / "map_names", "--wait", "0.3"]), "peak"),
            Row("Python_Pool", peak_memory([PYTHON, "-c", python_pool]), "peak"),
            Row("joblib", peak_memory([PYTHON, "-c", loky]), "peak")],
        "memory_copy_and_sum_128MiB": [
            Row("mp_MapReduce", peak_memory([lesson, "--items", str(1 << 24), "--processes", "4"]), "peak"),
            Row("Python_Pool", peak_memory([PYTHON, "-c", python_copy]), "peak")]}


# ---- a cluster of one machine: two ranks that work ----

def prints_seconds(command):
    environment = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}

    def measure(row):
        row.of = "item"
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT)
            return float(done.stdout)
        except subprocess.TimeoutExpired:
            raise Failure(f"took more than {TIME_LIMIT} s")
        except ValueError:
            raise Failure(f"exit status {done.returncode}: {done.stderr.strip()[-200:]}")
    return measure


def cluster_groups(options):
    programs = BUILD / "04_pools" / "benchmarks"
    if not (programs / "cluster_benchmark").exists():
        return {}

    def ranks(count, *command):
        return prints_seconds(["mpirun", "--oversubscribe", "-n", str(count), *command])

    groups = {}
    for name in ("tasks", "pi", "dice", "projectile", "parzen", "julia"):
        groups[f"cluster_{name}"] = [
            Row("mp_ClusterPool", ranks(3, programs / "cluster_benchmark", name)),
            Row("mp_Pool", prints_seconds([programs / "cluster_benchmark", name, "2"]))]
    script = Path(__file__).with_name("mpi4py_tasks.py")
    groups["cluster_tasks"].append(Row("mpi4py", ranks(3, PYTHON, "-m", "mpi4py.futures", script)))
    groups["cluster_pi"].append(Row("MPI_Reduce", ranks(2, programs / "reduce_benchmark")))
    return groups


# ---- the course itself, and how long a learner waits ----

def run_all(commands, expect):
    environment = {**os.environ, "CCACHE_DISABLE": "1", "NO_COLOR": "1"}
    for command in commands:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode not in expect:
            raise Failure(f"{command[0]}: exit status {done.returncode}")


def timed(*commands, touch=None, expect=(0,)):
    """Returns how long the commands take after this file has changed."""
    def measure(row):
        if touch:
            run_all(commands, expect)  # everything else they need is built
            os.utime(ROOT / touch)
        start = time.monotonic()
        run_all(commands, expect)
        return time.monotonic() - start
    return measure


def cold_build(row):
    with tempfile.TemporaryDirectory() as folder:
        return timed(["cmake", "--preset", "default", "-B", folder],
                     ["cmake", "--build", folder, "--target", "lessons"])(row)


def course_groups(options):
    rows = [
        Row("rebuild_one_lesson", timed(["cmake", "--build", BUILD, "--target", "pi_pool"], touch="04_pools/pi_pool.cpp")),
        Row("edit_to_verdict", timed(["./course", "check", "ping_pong"], touch="exercises/ping_pong/ping_pong.cpp",
                                     expect=(0, 1)))]
    if not options.quick:
        rows.append(Row("first_build_of_all_lessons", cold_build))
    return {"course": rows}
