"""What pages are made of beside lessons: drawings, measurements, the exercises' pages, and MathJax.

`{drawing} deadlock` puts docs/drawings/deadlock.svg into the page itself, so that it takes on the colours of
the theme; its content is the caption, and the SVG's <title> and <desc> are read to those who cannot see it.

`{measured} channels_benchmark queue` is a table of what ./course bench measured, from docs/measurements/.

`{toolkit} 01_process` is the reference of a chapter's headers.

The page of an exercise is the README.md in its folder.
"""

import json
import os
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from docutils.statemachine import StringList
from quiz import inline
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

logger = logging.getLogger(__name__)
ROOT = Path(__file__).parents[2]


class Drawing(SphinxDirective):
    required_arguments = 1
    has_content = True

    def run(self):
        name = self.arguments[0]
        file = Path(self.env.srcdir) / "drawings" / f"{name}.svg"
        svg = re.sub(r"<!--.*?-->", "", file.read_text(), flags=re.S)
        if "<title>" not in svg or "<desc>" not in svg:
            raise self.error(f"{file.name} needs a <title> and a <desc>")
        # Ids must differ from those of other drawings on the page.
        svg = svg.replace("<title>", f'<title id="{name}-title">').replace("<desc>", f'<desc id="{name}-desc">')
        svg = svg.replace("<svg", f'<svg role="img" aria-labelledby="{name}-title {name}-desc"', 1)
        caption = nodes.container(is_div=True, classes=["caption"])
        self.state.nested_parse(self.content, self.content_offset, caption)
        drawing = nodes.container(is_div=True, classes=["drawing"])
        drawing += [nodes.raw("", svg, format="html"), caption]
        return [drawing]


def in_words(seconds):
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)):
        if seconds >= size or unit == "ns":
            return f"{seconds / size:.3g} {unit}"


class Measured(SphinxDirective):
    """The rows of a benchmark program that have the group in their name, each with its ratio to the raw one above it."""

    required_arguments = 2

    def run(self):
        program, group = self.arguments
        file = Path(self.env.srcdir) / "measurements" / f"{program}.json"
        if not file.exists():
            text = f"Not measured yet. docs/measure runs {program} and writes what it finds to docs/measurements."
            return [nodes.note("", nodes.paragraph("", text))]
        results = json.loads(file.read_text())
        rows = [row for row in results["benchmarks"] if group in row["name"].split("/")]
        if not rows:
            raise self.error(f"{file.name} has no group '{group}'")
        body = []
        for row in rows:
            name = "/".join(part for part in row["name"].split("/") if part != group)
            if name.startswith("raw") or not body:
                reference = row["seconds"]  # for this row and those below it
            body.append([name, in_words(row["seconds"]), f"{row['seconds'] / reference:.3g}"])
        where = f"{results['processor']}, {results['cpus']} processors, {results['date']}; median of {results['runs']}."
        return [table(["what", f"time for each {rows[0]['of']}", "ratio"], body),
                nodes.paragraph("", f"Measured on {where}", classes=["of-output"])]


def table(header, rows):
    group = nodes.tgroup(cols=len(header))
    group += [nodes.colspec(colwidth=1) for _ in header]
    for part, lines in ((nodes.thead(), [header]), (nodes.tbody(), rows)):
        for line in lines:
            row = nodes.row()
            row += [nodes.entry("", nodes.paragraph("", text)) for text in line]
            part += row
        group += part
    return nodes.table("", group)


class Toolkit(SphinxDirective):
    """`{toolkit} 01_process`: for each header in the table of a chapter's README, what Doxygen found in it."""

    required_arguments = 1

    def run(self):
        chapter = self.arguments[0]
        readme = (ROOT / chapter / "README.md").read_text()
        return [self.section(chapter, *row) for row in re.findall(r"^\| \[`(mp/\w+\.hpp)`\]\S* \| (.*?) \|$", readme, re.M)]

    def section(self, chapter, header, gives):
        section = nodes.section("", nodes.title("", "", nodes.literal("", header)), ids=[header.replace("/", "-")])
        self.state.nested_parse(StringList([gives[0].upper() + gives[1:] + "."], header), 0, section)
        for directive in declarations(self.config.breathe_projects["mp"], f"{chapter}/{header}"):
            self.state.nested_parse(StringList(directive, header), 0, section)
        return section


def declarations(xml, header):
    """The Breathe directives for what the header declares and documents, in its order."""
    found = []
    for file in sorted(Path(xml).glob("*.xml")):
        if not file.name.startswith(("namespace", "class", "struct", "concept")):
            continue
        compound = ElementTree.parse(file).getroot().find("compounddef")
        scope, kind = compound.findtext("compoundname"), compound.get("kind")
        if kind == "namespace":
            parts = [(member, member.get("kind"), f"{scope}::{member.findtext('name')}") for member in compound.iter("memberdef")]
        elif scope.count("::") == 1 or kind == "concept":  # what is inside a class comes with it
            parts = [(compound, kind, scope)]
        else:
            parts = []
        for part, kind, name in parts:
            # A class without a comment of its own may have members with one.
            comments = [*part.iter("briefdescription"), *part.iter("detaileddescription")]
            text = "".join("".join(comment.itertext()) for comment in comments)
            location = part.find("location")
            if location.get("file") == header:
                if kind == "function":
                    name += part.findtext("argsstring")
                members = [":members:", ":undoc-members:"] if kind in ("class", "struct") else []
                directive = [f"```{{doxygen{kind}}} {name}", *members, "```"]
                found.append((int(location.get("line")), bool(text.strip()), directive))
    # A declaration right below one with a comment shares it.
    commented = {line for line, has_comment, _ in found if has_comment}
    return [directive for line, _, directive in sorted(found) if line in commented or line - 1 in commented]


class QuestionRole(SphinxRole):
    """{question}`3` is a link to the third question of the page's quiz."""

    def run(self):
        return [nodes.reference("", f"question {self.text}", internal=True, refuri=f"#question-{self.text}")], []


class ExerciseRole(SphinxRole):
    """{exercise}`ping_pong` is a link to the exercise's page, if it has one."""

    def run(self):
        text = nodes.literal("", self.text)
        if not (ROOT / "exercises" / self.text / "README.md").exists():
            return [text], []
        page = self.env.app.builder.get_relative_uri(self.env.docname, f"exercises/{self.text}")
        return [nodes.reference("", "", text, internal=True, refuri=page)], []


def write_exercise_pages(app):
    """Puts the README of each exercise where Sphinx looks for pages (Git ignores them there)."""
    pages = Path(app.srcdir) / "exercises"
    wanted = {}
    for readme in sorted((ROOT / "exercises").glob("*/README.md")):
        text = readme.read_text()
        folder = os.path.relpath(readme.parent, pages)
        # Links to lessons lead to their pages, and those to other files are seen from the page.
        text = re.sub(r"\[`(\w+)`\]\(\.\./\.\./\d\d_\w+/\1\.cpp\)", r"{lesson}`\1`", text)
        text = re.sub(r"\]\((?!https?:|#)([^)]+)\)", lambda link: f"]({resolve(folder, link[1])})", text)
        wanted[f"{readme.parent.name}.md"] = text + hints(readme.with_name("exercise.json"))
    for page in pages.glob("*.md"):
        if page.name != "index.md" and page.name not in wanted:
            page.unlink()
    for name, text in wanted.items():
        page = pages / name
        if not page.exists() or page.read_text() != text:
            page.write_text(text)


def hints(file):
    """What `./course hint` tells, one after the other, for those who ask."""
    found = json.loads(file.read_text()).get("hints", []) if file.exists() else []
    parts = [f"<details><summary>Hint {number}</summary><p>{inline(hint)}</p></details>\n"
             for number, hint in enumerate(found, 1)]
    return "\n## Hints\n\nTry first. Then open one at a time.\n\n" + "\n".join(parts) if parts else ""


class ExerciseList(SphinxDirective):
    """All exercises, chapter by chapter, and their place in the navigation."""

    def run(self):
        found = []
        for page in (Path(self.env.srcdir) / "exercises").glob("*.md"):
            file = ROOT / "exercises" / page.stem / "exercise.json"
            if file.exists():
                facts = json.loads(file.read_text())
                chapter = (ROOT / facts["chapter"] / "README.md").read_text().splitlines()[0].removeprefix("# ")
                found.append((chapter, page.stem, facts["title"], sum(facts["points"].values())))
        if not found:
            return []
        lines = ["| exercise | goes with | points |", "| --- | --- | --- |"]
        for chapter, name, title, points in sorted(found):
            lines.append(f"| [{title}]({name}.md) | {chapter} | {points} |")
        lines += ["", "```{toctree}", ":hidden:", "", *(name for _, name, _, _ in sorted(found)), "```"]
        parent = nodes.container()
        self.state.nested_parse(StringList(lines, "exercises"), 0, parent)
        return parent.children


def resolve(folder, link):
    """A README's link, seen from its page: to another exercise's page, a chapter's page, or the file."""
    path = os.path.normpath(os.path.join(folder, link))
    if exercise := re.fullmatch(r"\.\./\.\./exercises/(\w+)(/README\.md)?", path):
        return f"{exercise[1]}.md"
    if chapter := re.fullmatch(r"\.\./\.\./(\d\d_\w+)(/README\.md)?", path):
        return f"../chapters/{chapter[1]}.md"
    return path


# What MathJax needs to show TeX as HTML, of what the distribution's package holds.
MATHJAX = ["MathJax.js", "config/TeX-AMS_CHTML.js", "config/TeX-AMS_CHTML-full.js", "jax/output/CommonHTML",
           "jax/element", "jax/input/TeX", "extensions/TeX", "extensions/tex2jax.js", "extensions/MathEvents.js",
           "extensions/MathMenu.js", "extensions/MathZoom.js", "extensions/AssistiveMML.js", "extensions/toMathML.js",
           "fonts/HTML-CSS/TeX/woff"]


def copy_mathjax(app, error):
    source = Path("/usr/share/javascript/mathjax")
    target = Path(app.outdir) / "_static" / "mathjax"
    if error or app.builder.format != "html" or target.exists():
        return
    for name in MATHJAX:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name)
        elif (source / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target / name)
    if not (target / "MathJax.js").exists():
        logger.warning("there is no MathJax in %s", source)


def mend_furo(app, error):
    """Debian's furo asks a web server for a style sheet that only Debian's own would have, and has a script
    that imports another, which browsers refuse for a plain script: put both together."""
    static = Path(app.outdir) / "_static"
    style, script = static / "styles" / "furo.css", static / "scripts" / "furo.js"
    if error or not style.exists():
        return
    text = style.read_text()
    if found := re.match(r'@import url\((/javascript/[^)]+)\);?', text):
        style.write_text(Path("/usr/share" + found[1]).read_text() + text[found.end():])
    text = script.read_text()
    if found := re.match(r'import Gumshoe from "\./([\w-]+\.js)";', text):
        script.write_text((script.parent / found[1]).read_text() + text[found.end():])


def setup(app):
    app.add_directive("drawing", Drawing)
    app.add_directive("measured", Measured)
    app.add_directive("toolkit", Toolkit)
    app.add_directive("exercise-list", ExerciseList)
    app.add_role("exercise", ExerciseRole())
    app.add_role("question", QuestionRole())
    app.connect("builder-inited", write_exercise_pages)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", mend_furo)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
