"""The pages of the exercises: the README.md in each one's folder, and other things a learner wants to see: the
interface, what is examined for how many points, the file to edit, and the hints. `{exercise-list}` is the table of all
exercises; {exercise}`ping_pong` in a text is a link to one.
"""

import json
import os
import re
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from quiz import inline
from sphinx.util.docutils import SphinxDirective, SphinxRole

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "exercises"


def exercises():
    """Returns the names of all exercises, in order."""
    return re.findall(r"^add_exercise\((\w+)", (FOLDER / "CMakeLists.txt").read_text(), re.M)


def facts(name):
    return {"difficulty": "medium", "minutes": 60, **json.loads((FOLDER / name / "exercise.json").read_text())}


def lessons_of_exercise(name):
    """Returns the lessons that an exercise's task mentions."""
    return re.findall(r"\]\(\.\./\.\./\d\d_\w+/(\w+)\.cpp\)", (FOLDER / name / "README.md").read_text())


def exercises_of_lesson(lesson):
    return [name for name in exercises() if lesson in lessons_of_exercise(name)]


def link_to_exercise(env, name):
    page = env.app.builder.get_relative_uri(env.docname, f"exercises/{name}")
    return nodes.reference("", "", nodes.literal("", name), internal=True, refuri=page)


class ExerciseRole(SphinxRole):
    def run(self):
        if (FOLDER / self.text / "README.md").exists():
            return [link_to_exercise(self.env, self.text)], []
        return [nodes.literal("", self.text)], []


def page(name, pages):
    """Returns the Markdown of an exercise's page, which lies in the folder `pages`."""
    readme = FOLDER / name / "README.md"
    text = readme.read_text()
    folder = os.path.relpath(readme.parent, pages)
    # Links to lessons lead to their pages; links to other files become relative to the page.
    text = re.sub(r"\[`(\w+)`\]\(\.\./\.\./\d\d_\w+/\1\.cpp\)", r"{lesson}`\1`", text)
    text = re.sub(r"\]\((?!https?:|#)([^)]+)\)", lambda link: f"]({resolve(folder, link[1])})", text)
    title, _, rest = text.partition("\n")
    task, mark, prints = rest.partition("\n## What it prints")
    known = facts(name)
    return "".join([title, "\n", at_a_glance(name, known), task, interface(folder, name), examined(known), mark, prints,
                    hints(known)])


def at_a_glance(name, known):
    lines = [f"{known['difficulty'].capitalize()}, about {known['minutes']} minutes, {sum(known['points'].values())} points",
             f"Edit `exercises/{name}/{name}.cpp`; `./course check {name}` examines it."]
    if lessons := lessons_of_exercise(name):
        lines.append("Goes with " + ", ".join(f"{{lesson}}`{lesson}`" for lesson in lessons) + ".")
    return "\n" + "\n".join(f"- {line}" for line in lines) + "\n"


def interface(folder, name):
    return f"\n## Interface\n\n```{{literalinclude}} {folder}/{name}.hpp\n:language: cpp\n:start-after: \"#pragma once\"\n```\n"


def examined(known):
    """Each test's name says what it checks."""
    rows = [f"| {test.replace('_', ' ')} | {points} |" for test, points in known["points"].items()]
    return "\n## What is examined\n\n" + "\n".join(["| test | points |", "| --- | --- |", *rows]) + "\n"


def hints(known):
    """The hints of `./course hint`, folded, one after the other."""
    parts = [f"<details><summary>Hint {number}</summary><p>{inline(escape(hint, quote=False))}</p></details>\n"
             for number, hint in enumerate(known.get("hints", []), 1)]
    return "\n## Hints\n\nTry first. Then open one at a time.\n\n" + "\n".join(parts) if parts else ""


def resolve(folder, link):
    """Converts a README's link for its page: to another exercise's page, a chapter's page, or the file."""
    path = os.path.normpath(os.path.join(folder, link))
    if exercise := re.fullmatch(r"\.\./\.\./exercises/(\w+)(/README\.md)?", path):
        return f"{exercise[1]}.md"
    if chapter := re.fullmatch(r"\.\./\.\./(\d\d_\w+)(/README\.md)?", path):
        return f"../chapters/{chapter[1]}.md"
    return path


def write_pages(folder, wanted):
    """Writes the pages where Sphinx looks for them (Git ignores them there), and leaves unchanged ones alone."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name != "index.md" and old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        if not (folder / name).exists() or (folder / name).read_text() != text:
            (folder / name).write_text(text)


def write_exercise_pages(app):
    pages = Path(app.srcdir) / "exercises"
    write_pages(pages, {f"{name}.md": page(name, pages) for name in exercises()})


class ExerciseList(SphinxDirective):
    """Lists all exercises by chapter, and puts them into the navigation."""

    def run(self):
        self.env.note_dependency(str(FOLDER / "CMakeLists.txt"))
        lines = ["| exercise | goes with | difficulty | minutes | points |", "| --- | --- | --- | --- | --- |"]
        for name in exercises():
            self.env.note_dependency(str(FOLDER / name / "exercise.json"))
            known = facts(name)
            chapter = (ROOT / known["chapter"] / "README.md").read_text().splitlines()[0].removeprefix("# ")
            lines.append(f"| [{known['title']}]({name}.md) | [{chapter}](../chapters/{known['chapter']}.md) "
                         f"| {known['difficulty']} | {known['minutes']} | {sum(known['points'].values())} |")
        lines += ["", "```{toctree}", ":hidden:", "", *exercises(), "```"]
        parent = nodes.container()
        self.state.nested_parse(StringList(lines, "exercises"), 0, parent)
        return parent.children


def setup(app):
    app.add_directive("exercise-list", ExerciseList)
    app.add_role("exercise", ExerciseRole())
    app.connect("builder-inited", write_exercise_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
