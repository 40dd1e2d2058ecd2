"""Lessons on the pages: a program's code from its source file, and what it printed when it really ran.

    :::{lesson} greeting
    :args: --processes 3
    :varies: The greetings may change places.
    :::

shows 01_process/greeting.cpp without its #include lines, beside it the same in Python
(01_process/python/greeting.py, if there is one), and the output of a run. With `:figure:`, a text that says what
can be seen, the program draws with --plot, too (or with the `:figure-option:`). `{run}` shows one more run, with
`:figure-only:` just what it draws, and `{lesson-list}` what a
chapter holds. {lesson}`greeting` in a text is a link.

A chapter's page must have all its lessons, in reading order, and each must end as CMakeLists.txt says; or
else the site is not built.
"""

import hashlib
import json
import os
import pty
import re
import shlex
import signal
import subprocess
import tempfile
import termios
import threading
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from pygments.lexer import RegexLexer, bygroups
from pygments.token import Generic, Text
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

logger = logging.getLogger(__name__)
ROOT = Path(__file__).parents[2]
TIME_LIMIT = 120  # seconds for a program


def read_lessons(app):
    """What is built: for each chapter, in order, its lessons and their exit status."""
    chapters = {}
    for line in (Path(app.config.course_build) / "lessons.txt").read_text().splitlines():
        chapter, name, status = line.split("\t")
        chapters.setdefault(chapter, {})[name] = int(status)
    return chapters


def without_includes(code):
    """The code under study: no includes, and no blank lines where they were."""
    lines = [line for line in code.splitlines() if not re.match(r"\s*#\s*(include|pragma once)\b", line)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def as_seen(output):
    """What is left on a terminal in the end: progress is overwritten by what comes after a carriage return."""
    lines = []
    for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output).split("\n"):
        seen = ""
        for piece in line.split("\r"):
            seen = piece + seen[len(piece):]
        lines.append(seen.rstrip())
    return "\n".join(lines)


def run_in_terminal(program, arguments, folder):
    """Output and exit status. It is a terminal that the program writes to, as at home: into a pipe it would
    write in another order."""
    keeper, terminal = pty.openpty()
    modes = termios.tcgetattr(terminal)
    modes[1] &= ~termios.OPOST  # no carriage returns
    termios.tcsetattr(terminal, termios.TCSANOW, modes)
    environment = dict(os.environ, TERM="dumb", NO_COLOR="1", COLUMNS="100", LC_ALL="C.UTF-8")
    process = subprocess.Popen(
        [program, *arguments], cwd=folder, env=environment, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal,
    )
    os.close(terminal)

    def stop():
        os.killpg(process.pid, signal.SIGKILL)

    watch = threading.Timer(TIME_LIMIT, stop)
    watch.start()
    output = b""
    try:
        while piece := os.read(keeper, 65536):
            output += piece
    except OSError:  # the last process has closed the terminal
        pass
    status = process.wait()
    watch.cancel()
    os.close(keeper)
    return output.decode(errors="replace"), status


def run_lesson(app, chapter, name, arguments, figure, option):
    """Runs a lesson, unless this very program has been run with these arguments before. Gives its output,
    its exit status and the file of its figure."""
    program = Path(app.config.course_build).resolve() / chapter / name
    key = hashlib.sha256(program.read_bytes() + json.dumps([name, arguments, figure, option]).encode()).hexdigest()[:24]
    folder = Path(app.config.course_build) / "site-work" / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    record, drawn = folder / f"{key}.json", folder / f"{key}{Path(figure).suffix}"
    if not record.exists():
        logger.info("running %s %s", name, shlex.join(arguments), nonl=False)
        with tempfile.TemporaryDirectory() as work:
            plot = [option, figure] if figure else []
            output, status = run_in_terminal(program, [*arguments, *plot], work)
            if figure and status == 0:
                drawn.write_bytes((Path(work) / figure).read_bytes())
        record.write_text(json.dumps({"output": output, "status": status}))
    result = json.loads(record.read_text())
    return result["output"], result["status"], drawn


def html(text):
    return nodes.raw("", text, format="html")


def code_block(code, language, *classes):
    block = nodes.literal_block(code, code, language=language, classes=list(classes))
    block["force"] = False
    return block


class RunLexer(RegexLexer):
    """A command and what it printed, whatever that looks like."""

    name = "run"
    tokens = {"root": [(r"^(\$ )(.*\n)", bygroups(Generic.Prompt, Text)), (r".*\n", Generic.Output)]}


class LessonDirective(SphinxDirective):
    """Common to {lesson} and {run}."""

    required_arguments = 1
    option_spec = {
        "args": directives.unchanged,
        "figure": directives.unchanged,
        "figure-format": directives.unchanged,
        "figure-option": directives.unchanged,
        "figure-only": directives.flag,
        "varies": directives.unchanged,
        "status": directives.nonnegative_int,
    }

    def find_chapter(self, name):
        for chapter, lessons in read_lessons(self.env.app).items():
            if name in lessons:
                return chapter, lessons[name]
        raise self.error(f"no lesson is called '{name}'")

    def shown_run(self, name, chapter, expected):
        """What a run printed, and what it drew."""
        app = self.env.app
        arguments = shlex.split(self.options.get("args", ""))
        ending = self.options.get("figure-format", "svg")
        figure = f"{name}.{ending}" if "figure" in self.options else ""
        option = self.options.get("figure-option", "--plot")
        output, status, drawn = run_lesson(app, chapter, name, arguments, figure, option)
        if status != expected:
            raise self.error(f"{name} ended with {status}, {expected} was expected; it printed:\n{output}")

        command = shlex.join(["./course", "run", name, *arguments, *([option, figure] if figure else [])])
        result = []
        if "figure-only" not in self.options:
            result.append(code_block(f"$ {command}\n{as_seen(output).rstrip()}\n", "run", "output"))
        notes = []
        if status:
            notes.append(nodes.inline("", f"It ends with exit status {status}.", classes=["status"]))
        if varies := self.options.get("varies"):
            parsed, _ = self.state.inline_text(varies, self.lineno)
            notes.append(nodes.inline("", "Differs from run to run. ", *parsed, classes=["varies"]))
        if notes:
            paragraph = nodes.paragraph("", "", classes=["of-output"])
            for number, note in enumerate(notes):
                paragraph += [nodes.Text(" "), note] if number else [note]
            result.append(paragraph)
        if figure:
            target = Path(app.outdir) / "_images" / f"{name}-{drawn.stem[:8]}{drawn.suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(drawn.read_bytes())
            up = "../" * self.env.docname.count("/")
            caption = f"Drawn by {command}" if "figure-only" in self.options else f"Drawn by {name} in the run above."
            result.append(html(
                f'<figure class="plot {ending}"><img src="{up}_images/{target.name}" loading="lazy" '
                f'alt="{escape(self.options["figure"], quote=True)}">'
                f"<figcaption>{escape(caption)}</figcaption></figure>"
            ))
        return result


class Lesson(LessonDirective):
    def run(self):
        name = self.arguments[0]
        chapter, status = self.find_chapter(name)
        source = ROOT / chapter / f"{name}.cpp"
        python = ROOT / chapter / "python" / f"{name}.py"

        # A link to it from anywhere: {lesson}`greeting`
        target = html(f'<span id="lesson-{name}"></span>')
        seen = self.env.__dict__.setdefault("course_lessons", {}).setdefault(self.env.docname, [])
        seen.append(name)

        cpp = code_block(without_includes(source.read_text()), "cpp")
        where = nodes.paragraph("", "", classes=["where"])
        where += [
            self.download(source, f"{chapter}/{name}.cpp"),
            nodes.Text(", without its #include lines"),
        ]
        result = [target]
        if python.exists():
            group = f"tabs-{name}"
            result += [
                html(f'<div class="tabs" role="group" aria-label="{name}: the language">'
                     f'<input type="radio" id="{group}-cpp" name="{group}" value="cpp" checked>'
                     f'<label for="{group}-cpp">C++</label><div class="tab">'),
                where, cpp,
                html(f'</div><input type="radio" id="{group}-python" name="{group}" value="python">'
                     f'<label for="{group}-python">Python</label><div class="tab">'),
                self.python_where(python), code_block(python.read_text(), "python"),
                html("</div></div>"),
            ]
        else:
            result += [where, cpp]
        return result + self.shown_run(name, chapter, status)

    def download(self, path, text):
        reference = addnodes.download_reference("", "", reftarget=os.path.relpath(
            path, Path(self.env.doc2path(self.env.docname)).parent), refdomain="", reftype="download")
        reference += nodes.literal("", text)
        return reference

    def python_where(self, python):
        paragraph = nodes.paragraph("", "", classes=["where"])
        paragraph += [nodes.Text("The same in Python: "), self.download(python, python.name)]
        return paragraph


class Run(LessonDirective):
    """One more run of a lesson."""

    def run(self):
        name = self.arguments[0]
        chapter, status = self.find_chapter(name)
        return self.shown_run(name, chapter, self.options.get("status", status))


class LessonList(SphinxDirective):
    """The table of a chapter's README, with links into the page."""

    required_arguments = 1

    def run(self):
        chapter = self.arguments[0]
        readme = ROOT / chapter / "README.md"
        rows = re.findall(r"^\| \[`(\w+)`\]\(\w+\.cpp\)([^|]*)\| (.*?) \|$", readme.read_text(), re.M)
        shows = {name: f"{marks.rstrip()}: {what}" for name, marks, what in rows}
        items = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".", classes=["lesson-list"])
        for name in read_lessons(self.env.app).get(chapter, {}):
            if name not in shows:
                raise self.error(f"{chapter}/README.md does not tell what {name} shows")
            text, _ = self.state.inline_text(shows[name], self.lineno)
            paragraph = nodes.paragraph("", "", link_to_lesson(self.env, name), *text)
            items += nodes.list_item("", paragraph)
        return [items]


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


def check_lessons(app, env):
    """A lesson without a text must not go unnoticed."""
    seen = getattr(env, "course_lessons", {})
    for chapter, lessons in read_lessons(app).items():
        page = seen.get(f"chapters/{chapter}", [])
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
    app.add_directive("lesson-list", LessonList)
    app.add_role("lesson", LessonRole())
    app.connect("missing-reference", resolve_link)
    app.connect("env-purge-doc", forget)
    app.connect("env-check-consistency", check_lessons)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
