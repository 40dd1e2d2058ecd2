"""Reports measurements as tables, remarks and figures."""

import re
import statistics
import subprocess
from typing import NamedTuple

from rows import BUILD


def in_words(value, of):
    steps = ((("GiB", 2**30), ("MiB", 2**20), ("KiB", 1024)) if of == "peak" else
             (("s", 1), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)))
    for unit, size in steps:
        if value >= 0.9995 * size or size == steps[-1][1]:
            return f"{value / size:.3g} {unit}"


def spoken(name):
    """Returns a row's name as a reader knows it."""
    return re.sub("^mp_(?=[A-Z])", "mp::", name).replace("_", " ")


def each(of):
    return of if of == "peak" else f"each {of}"


def figures(row):
    median = statistics.median(row.found)
    return {"name": row.name, "of": row.of, "median": median, "low": min(row.found), "high": max(row.found),
            "rounds": len(row.found)}


def table(name, rows):
    """Returns a table of the measured rows."""
    width = max(len(spoken(row["name"])) for row in rows)
    lines = [f"\n== {name} ==", f"{'':{width}}  {each(rows[0]['of']):>12}  spread   ratio"]
    for row in rows:
        spread = 50 * (row["high"] - row["low"]) / row["median"]
        lines.append(f"{spoken(row['name']):{width}}  {in_words(row['median'], row['of']):>12}"
                     f"  {spread:4.0f} %  {row['median'] / rows[0]['median']:6.2f}")
    return "\n".join(lines)


# ---- growth: groups of one name whose last part is a size ----

class Axes(NamedTuple):
    title: str
    x: str
    y: str
    unit: float = 1  # of y, in seconds


AXES = {
    "growth_rolls": Axes("Rolling a die", "rolls", "seconds"),
    "growth_workers": Axes("Monte Carlo pi", "workers", "nanoseconds a point", 1e-9),
    "growth_start": Axes("Starting a process", "MiB of its parent", "seconds"),
}


def series_of(kind, groups):
    """Returns the points (size, seconds) of each row."""
    found = {}
    for name, rows in groups.items():
        if name.startswith(kind + "/"):
            for row in rows:
                found.setdefault(row["name"], []).append((int(name.rpartition("/")[2]), row["median"]))
    return {name: sorted(points) for name, points in found.items()}


def growth_table(kind, series):
    """Returns a table with a line for each size and a column for each row."""
    axes = AXES[kind]
    lines = [f"\n== {kind}: {axes.title} ==", "".join(f"{spoken(name):>14}" for name in [axes.x[:14], *series])]
    for size in sorted({size for points in series.values() for size, _ in points}):
        times = [in_words(dict(points)[size], "run") if size in dict(points) else "" for points in series.values()]
        lines.append("".join(f"{text:>14}" for text in [f"{size:,}", *times]))
    return "\n".join(lines)


def break_even(serial, other):
    """Returns the size from which the other one is faster, interpolated between two measured sizes."""
    crossing = None
    for (x0, s0), (x1, s1), (_, t0), (_, t1) in zip(serial, serial[1:], other, other[1:]):
        if t0 > s0 and t1 <= s1:
            share = (t0 - s0) / ((t0 - s0) + (s1 - t1))
            crossing = x0 * (x1 / x0) ** share
    return crossing


def verdict(serial, other):
    size = break_even(serial, other)
    if size:
        return f"faster than one from about {float(f'{size:.1g}'):,.0f} rolls on."
    if other[0][1] <= serial[0][1]:
        return "faster than one for every number of rolls that was measured."
    return "not faster than one for any number of rolls that was measured."


def remarks(kind, series):
    if kind != "growth_rolls" or "serial" not in series:
        return []
    lines = []
    for name, points in series.items():
        if name != "serial":
            lines.append(f"{spoken(name)}: {verdict(series['serial'], points)}")
    return lines


def draw(kind, series, file):
    """Draws an SVG file with gnuplot."""
    axes = AXES[kind]
    text = [f"{axes.title}\t{axes.x}\t{axes.y}"]
    for name, points in series.items():
        text.append(f"series\t{spoken(name)}")
        text += [f"{size}\t{seconds / axes.unit}" for size, seconds in points]
    done = subprocess.run([BUILD / "01_process" / "benchmarks" / "draw_growth", file], input="\n".join(text) + "\n",
                          text=True, capture_output=True)
    if done.returncode:
        print(f"No figure {file}: {done.stderr.strip()}", file=sys.stderr)
