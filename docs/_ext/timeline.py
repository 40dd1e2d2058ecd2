"""Timelines on the pages show what the processes of a lesson really did.

    :::{timeline} greeting
    :args: --processes 3

    What to look for.
    :::

runs the lesson with MP_TIMELINE, and shows the picture below its content, on phones a narrow one. The same in words, derived from the run's
record, is folded below that.
"""

import collections
import json
import os
import shlex
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from lesson import LessonDirective, drawn_by, html
from quiz import is_book
from runs import Runs

ARROWS = {"message": "message", "task": "task", "result": "result", "signal": "signal"}


class Recorded:
    """A timeline in Chrome's trace event format, by process."""

    def __init__(self, trace):
        self.names, self.lives, self.killed = {}, {}, set()
        self.spans = collections.defaultdict(lambda: collections.defaultdict(list))
        self.arrows = collections.defaultdict(collections.Counter)
        self.open = collections.defaultdict(list)
        halves = {}
        for event in trace["traceEvents"]:
            kind, row = event["ph"], (event["pid"], event["tid"])
            if kind == "M":
                self.names[row] = event["args"]["name"]
            elif kind == "i":
                self.killed.add(row)
            elif kind == "X" and event["cat"] == "process":
                self.lives[row] = event["ts"], event["ts"] + event["dur"], event["args"]["ended"]
            elif kind == "X":
                self.add_span(row, event["name"], event["dur"], "args" in event)
            elif kind in "bs":
                halves[event["id"]] = row, event["ts"]
            elif kind == "e":
                self.add_span(row, event["name"], event["ts"] - halves[event["id"]][1], "args" in event)
            else:
                self.arrows[halves[event["id"]][0]][event["name"], row] += 1
        self.end = max(end for _, end, _ in self.lives.values())

    def add_span(self, row, what, duration, is_open):
        self.spans[row][what].append(duration)
        if is_open:
            self.open[row].append(what)

    def time(self, microseconds):
        unit, size = ("s", 1e6) if self.end >= 10e6 else ("ms", 1e3) if self.end >= 1e3 else ("µs", 1)
        return f"{microseconds / size:.{1 if self.end / size >= 100 else 2}f} {unit}"

    def summary(self):
        return f"Timeline of {count(len(self.names), 'process')} over {self.time(self.end)}: {join(self.names.values())}."

    def sentences(self, row):
        """What a process did."""
        begin, end, ended = self.lives[row]
        life = f"{self.names[row]} runs from {self.time(begin)} to {self.time(end)}"
        if row in self.killed:
            life += " and is killed"
        elif ended:
            life += f" and ends with {ended}"
        yield f"{life}."
        done = [f"{what} {times(len(spans))} ({self.time(sum(spans))}{' in all' if len(spans) > 1 else ''})"
                for what, spans in sorted(self.spans[row].items())]
        if done:
            yield f"It {join(done)}."
        sent = [f"{count(number, ARROWS[kind])} to {self.names[to]}"
                for (kind, to), number in sorted(self.arrows[row].items()) if kind in ARROWS]
        if sent:
            yield f"It sends {join(sent)}."
        if self.open[row]:
            yield f"At its end it still {join(self.open[row])}."


def count(number, what):
    plural = f"{what}es" if what.endswith("s") else f"{what}s"
    return f"1 {what}" if number == 1 else f"{number} {plural}"


def times(number):
    return "once" if number == 1 else "twice" if number == 2 else f"{number} times"


def join(parts):
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


class Timeline(LessonDirective):
    option_spec = {"args": directives.unchanged, "status": directives.nonnegative_int}
    has_content = True

    def run(self):
        name = self.arguments[0]
        chapter, expected = self.find_chapter(name)
        if expected is None:
            return []
        arguments = shlex.split(self.options.get("args", ""))
        runs = Runs(self.config.course_build)
        for program in runs.program(chapter, name), runs.drawer():
            self.env.note_dependency(str(program))
        folder, status = runs.recorded(chapter, name, arguments)
        if status != self.options.get("status", expected):
            runs.forget(folder)
            raise self.error(f"{name} ended with {status}, {expected} was expected")
        recorded = Recorded(json.loads((folder / f"{name}_timeline.json").read_text()))
        pictures = [self.image(folder / f"{name}_timeline.svg", recorded, "wide")]
        if not is_book(self.env):
            pictures.append(self.image(folder / f"{name}_timeline_narrow.svg", recorded, "narrow"))
        command = shlex.join(["./course", "run", name, *arguments, "--timeline", f"{name}.svg"])
        text = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, text)
        figure = nodes.figure("", *pictures, nodes.caption("", "", *drawn_by(command)), classes=["plot", "svg", "timeline"])
        return [*text.children, figure, *self.in_words(recorded)]

    def image(self, file, recorded, kind):
        uri = os.path.relpath(file, Path(self.env.doc2path(self.env.docname)).parent)
        return nodes.image(uri=uri, alt=recorded.summary(), loading="lazy", classes=[kind])

    def in_words(self, recorded):
        items = [" ".join(recorded.sentences(row)) for row in recorded.names]
        if is_book(self.env):
            return [nodes.bullet_list("", *(nodes.list_item("", nodes.paragraph("", item)) for item in items))]
        listed = "".join(f"<li>{escape(item)}</li>" for item in items)
        return [html(f"<details><summary>The timeline in words</summary><ul>{listed}</ul></details>")]


def setup(app):
    app.add_directive("timeline", Timeline)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
