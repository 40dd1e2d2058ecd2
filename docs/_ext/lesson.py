"""Lessons on the pages: a program's code from its source file, and its output from an actual run.

    :::{lesson} greeting
    :args: --processes 3
    :minutes: 15
    :varies: the order of the greetings.
    :::

shows 01_process/greeting.cpp without its #include lines, beside it the same in Python
(01_process/python/greeting.py, if there is one), and the output of a run. With `:figure:`, a text that says what
can be seen, the program draws with --plot, too (or with the `:figure-option:`). `:measures:` stands where times are the
result: see runs.py. `{run}` shows one more run, with `:figure-only:` just what it draws. {lesson}`greeting` in a text
is a link.

A chapter's page must have all its lessons, in reading order, and each must end as CMakeLists.txt says; or
else the site is not built. A lesson that CMake leaves out, because something that it needs is missing, is shown without a run.
"""

import os
import re
import shlex
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from exercise import exercises, exercises_of_lesson, lessons_of_exercise, link_to_exercise
from pygments.lexer import RegexLexer, bygroups
from pygments.token import Generic, Text
from quiz import is_book
from runs import BUSY, Runs, computer_is_idle, where_measured
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

logger = logging.getLogger(__name__)
ROOT = Path(__file__).parents[2]
MINUTES = 10  # for a lesson that does not state its own


def read_lessons(app):
    """Returns the lessons of each chapter, in order, with their exit status."""
    chapters = {}
    for line in (Path(app.config.course_build) / "lessons.txt").read_text().splitlines():
        chapter, name, status = line.split("\t")
        chapters.setdefault(chapter, {})[name] = int(status)
    return chapters


def split_includes(code):
    """Returns the #include lines, and the code without them and their blank lines."""
    is_include = re.compile(r"\s*#\s*(include|pragma once)\b").match
    lines = code.splitlines()
    study = "\n".join(line for line in lines if not is_include(line))
    return [line for line in lines if is_include(line)], re.sub(r"\n{3,}", "\n\n", study).strip() + "\n"


def as_seen(output):
    """Returns what finally remains on a terminal, where text after a carriage return overwrites progress."""
    lines = []
    for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output).split("\n"):
        seen = ""
        for piece in line.split("\r"):
            seen = piece + seen[len(piece):]
        lines.append(seen.rstrip())
    return "\n".join(lines)


def html(text):
    return nodes.raw("", text, format="html")


def code_block(code, language, *classes):
    block = nodes.literal_block(code, code, language=language, classes=list(classes))
    block["force"] = False
    return block


class RunLexer(RegexLexer):
    """A command and its output, in any format."""

    name = "run"
    tokens = {"root": [(r"^(\$ )(.*\n)", bygroups(Generic.Prompt, Text)), (r".*\n", Generic.Output)]}


def drawn_by(command):
    """A picture's caption. The command is a literal, or its dashes would change."""
    return [nodes.Text("Drawn by "), nodes.literal("", command)]


class LessonDirective(SphinxDirective):
    """Shared by {lesson} and {run}."""

    required_arguments = 1
    option_spec = {
        "args": directives.unchanged,
        "figure": directives.unchanged,
        "figure-format": directives.unchanged,
        "figure-option": directives.unchanged,
        "figure-only": directives.flag,
        "measures": directives.flag,
        "minutes": directives.nonnegative_int,
        "varies": directives.unchanged,
        "status": directives.nonnegative_int,
    }

    def find_chapter(self, name):
        """Returns a lesson's chapter and its exit status, which is None if it is not built."""
        for chapter, lessons in read_lessons(self.env.app).items():
            if name in lessons:
                return chapter, lessons[name]
        for source in ROOT.glob(f"[0-9]*/{name}.cpp"):
            return source.parent.name, None
        raise self.error(f"no lesson is called '{name}'")

    def shown_run(self, name, chapter, expected):
        """Shows what a run printed and drew."""
        if expected is None:
            return [nodes.note("", nodes.paragraph("", "", nodes.Text(f"{name} is not built on this computer. To see what is missing, run "),
                                                   nodes.literal("", "cmake --preset default"), nodes.Text(".")))]
        arguments = shlex.split(self.options.get("args", ""))
        drawings = []
        if "figure" in self.options:
            drawings.append((self.options.get("figure-option", "--plot"), f"{name}.{self.options.get('figure-format', 'svg')}"))
        runs = Runs(self.config.course_build)
        self.env.note_dependency(str(runs.program(chapter, name)))
        record, folder = runs.get(chapter, name, arguments, drawings, "measures" in self.options)
        if record["status"] != expected:
            runs.forget(folder)
            raise self.error(f"{name} ended with {record['status']}, {expected} was expected; it printed:\n{record['output']}")

        command = shlex.join(["./course", "run", name, *arguments, *(part for drawing in drawings for part in drawing)])
        result = []
        if "figure-only" not in self.options:
            result.append(code_block(f"$ {command}\n{as_seen(record['output']).rstrip()}\n", "run", "output"))
        if notes := self.notes(record):
            result.append(nodes.paragraph("", "", *notes, classes=["of-output"]))
        for option, file in drawings:
            caption = drawn_by(command) if "figure-only" in self.options else [nodes.Text(f"Drawn by {name} in the run above.")]
            result.append(self.picture(folder / file, self.options["figure"], caption))
        return result

    def notes(self, record):
        """Shows a run's exit status, what differs next time, and where it was measured."""
        notes = []
        if record["status"]:
            notes.append(nodes.inline("", f"It ends with exit status {record['status']}. ", classes=["status"]))
        if varies := self.options.get("varies"):
            parsed, _ = self.state.inline_text(varies, self.lineno)
            notes.append(nodes.inline("", "Differs from run to run: ", *parsed, nodes.Text(" "), classes=["varies"]))
        if "measures" in self.options:
            notes.append(nodes.inline("", where_measured(record), classes=["where-measured"]))
            if record["others"] > BUSY:
                self.env.__dict__.setdefault("course_busy", set()).add(self.env.docname)
        return notes

    def picture(self, file, alt, caption):
        """A figure that a program has drawn."""
        uri = os.path.relpath(file, Path(self.env.doc2path(self.env.docname)).parent)
        return nodes.figure("", nodes.image(uri=uri, alt=alt, loading="lazy"), nodes.caption("", "", *caption),
                            classes=["plot", file.suffix.removeprefix(".")])


class Lesson(LessonDirective):
    def run(self):
        name = self.arguments[0]
        chapter, status = self.find_chapter(name)
        minutes = self.options.get("minutes", MINUTES)
        seen = self.env.__dict__.setdefault("course_lessons", {}).setdefault(self.env.docname, {})
        seen[name] = minutes
        return [self.facts(name, minutes), *self.code(name, chapter), *self.shown_run(name, chapter, status)]

    def facts(self, name, minutes):
        paragraph = nodes.paragraph("", f"About {minutes} minutes.", classes=["lesson-facts"], lesson=name)
        for number, exercise in enumerate(exercises_of_lesson(name)):
            paragraph += [nodes.Text(", " if number else " Exercise: "), link_to_exercise(self.env, exercise)]
        return paragraph

    def code(self, name, chapter):
        source = ROOT / chapter / f"{name}.cpp"
        python = ROOT / chapter / "python" / f"{name}.py"
        self.env.note_dependency(str(source))
        includes, study = split_includes(source.read_text())
        # The copy button includes them; see course.js.
        copied = [] if is_book(self.env) else [html(f'<script type="text/plain" class="includes">{chr(10).join(includes)}</script>')]
        cpp = [self.where(source, f"{chapter}/{name}.cpp", after=", without its #include lines"), *copied, code_block(study, "cpp")]
        if not python.exists():
            return cpp
        self.env.note_dependency(str(python))
        twin = [self.where(python, python.name, before="The same in Python: "), code_block(python.read_text(), "python")]
        if is_book(self.env):
            return cpp + twin
        group = f"tabs-{name}"
        return [
            html(f'<div class="tabs" role="group" aria-label="{name}: the language">'
                 f'<input type="radio" id="{group}-cpp" name="{group}" value="cpp" checked="checked">'
                 f'<label for="{group}-cpp">C++</label><div class="tab">'),
            *cpp,
            html(f'</div><input type="radio" id="{group}-python" name="{group}" value="python">'
                 f'<label for="{group}-python">Python</label><div class="tab">'),
            *twin,
            html("</div></div>"),
        ]

    def where(self, path, text, before="", after=""):
        reference = addnodes.download_reference("", "", nodes.literal("", text), refdomain="", reftype="download",
            reftarget=os.path.relpath(path, Path(self.env.doc2path(self.env.docname)).parent))
        return nodes.paragraph("", "", nodes.Text(before), reference, nodes.Text(after), classes=["where"])


class Run(LessonDirective):
    """Another run of a lesson."""

    def run(self):
        name = self.arguments[0]
        chapter, status = self.find_chapter(name)
        return self.shown_run(name, chapter, self.options.get("status", status))


def link_to_lesson(env, name):
    return addnodes.pending_xref("", nodes.literal("", name), refdomain="", reftype="lesson",
                                 reftarget=name, refdoc=env.docname, refwarn=True)


class LessonRole(SphinxRole):
    def run(self):
        return [link_to_lesson(self.env, self.text)], []


def resolve_link(app, env, node, content):
    if node["reftype"] != "lesson":
        return None
    name = node["reftarget"]
    for docname, lessons in getattr(env, "course_lessons", {}).items():
        if name in lessons:
            page = "" if docname == node["refdoc"] else app.builder.get_relative_uri(node["refdoc"], docname)
            return nodes.reference("", "", content, internal=True, refuri=f"{page}#lesson-{name}")
    logger.warning("no page has a lesson '%s'", name, location=node)
    return content


def forget(app, env, docname):
    getattr(env, "course_lessons", {}).pop(docname, None)
    getattr(env, "course_busy", set()).discard(docname)


def outdated(app, env, added, changed, removed):
    """The pages whose measurements were taken on a busy computer, if it is idle now; and the chapters, when lessons,
    their twins in Python or the exercises that go with them came or went."""
    pages = set(getattr(env, "course_busy", ())) if computer_is_idle() else set()
    lessons = read_lessons(app)
    twins = sorted(path.name for path in ROOT.glob("[0-9]*/python/*.py"))
    facts = [lessons, twins, {name: lessons_of_exercise(name) for name in exercises()}]
    if getattr(env, "course_facts", facts) != facts:
        pages |= {f"chapters/{chapter}" for chapter in lessons}
    env.course_facts = facts
    return sorted(pages & env.found_docs)


def check_lessons(app, env):
    """Reports a lesson without a text."""
    seen = getattr(env, "course_lessons", {})
    for chapter, lessons in read_lessons(app).items():
        page = [name for name in seen.get(f"chapters/{chapter}", {}) if name in lessons]
        missing = [name for name in lessons if name not in page]
        if missing:
            logger.warning("docs/chapters/%s.md has no text for: %s", chapter, ", ".join(missing))
        elif page != list(lessons):
            logger.warning("docs/chapters/%s.md: its lessons are not in reading order", chapter)


def setup(app):
    app.add_config_value("course_build", "build", "env")
    app.add_lexer("run", RunLexer)
    app.add_directive("lesson", Lesson)
    app.add_directive("run", Run)
    app.add_role("lesson", LessonRole())
    app.connect("missing-reference", resolve_link)
    app.connect("env-purge-doc", forget)
    app.connect("env-get-outdated", outdated)
    app.connect("env-check-consistency", check_lessons)
    return {"version": "2", "parallel_read_safe": False, "parallel_write_safe": True}
