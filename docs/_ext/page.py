"""What pages are made of beside lessons: drawings, measurements, the exercises' pages, and MathJax.

`{drawing} deadlock` puts docs/drawings/deadlock.svg into the page itself, so that it takes on the colours of
the theme; its content is the caption, and the SVG's <title> and <desc> are read to those who cannot see it.

`{measured} channels_benchmark queue` is a table of what ./course bench measured, from docs/measurements/; its lines
name the rows, and say what to call them. `{measurements}` says where that was.

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
from docutils.parsers.rst import directives
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
        if seconds >= 0.9995 * size or unit == "ns":
            return f"{seconds / size:.3g} {unit}"


def as_ratio(ratio):
    if ratio < 0.001:
        return "below 0.001"
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.1g}"


class Measured(SphinxDirective):
    """What a benchmark program measured: a row for each line, with its ratio to the first one of its group, and
    that ratio as a bar. Blank lines stand between groups. What could not be measured, such as Python where there
    is none, is left out; but not the first of a group."""

    required_arguments = 2
    option_spec = {"each": directives.unchanged}
    has_content = True

    def run(self):
        program, group = self.arguments
        file = Path(self.env.srcdir) / "measurements" / f"{program}.json"
        if not file.exists():
            text = f"Not measured yet. docs/measure runs {program} and writes what it finds to docs/measurements."
            return [nodes.note("", nodes.paragraph("", text))]
        parts, measured, of = set(group.split("/")) - {"."}, {}, "run"
        for row in json.loads(file.read_text())["benchmarks"]:
            if parts <= set(row["name"].split("/")):
                measured["/".join(part for part in row["name"].split("/") if part not in parts)] = row["seconds"]
                of = row["of"]
        found, peer = [], None
        for line in self.content:
            name, _, label = line.partition(": ")
            if not line:
                peer = None
            elif name in measured:
                peer = peer or name
                found.append((name, label, peer))
            elif peer is None:
                raise self.error(f"{file.name} has no '{name}' in '{group}'; there are: {', '.join(measured)}")
        ratios = [measured[name] / measured[peer] for name, _, peer in found]
        body = []
        for (name, label, peer), ratio in zip(found, ratios):
            what, _ = self.state.inline_text(label, self.lineno)
            ours = "mp::" in label or name.rpartition("/")[2].startswith("mp_")
            kind = "bar ours" if ours else "bar"
            bar = f'<span class="{kind}" style="--share: {ratio / max(ratios):.4f}"></span>'
            body.append(table_row(
                what, [nodes.Text(in_words(measured[name]))], [nodes.raw("", bar, format="html"), nodes.Text(as_ratio(ratio))],
                classes=["first"] if name == peer else []))
        head = [[nodes.Text(text)] for text in ("what", f"each {self.options.get('each', of)}", "ratio")]
        columns = nodes.tgroup(cols=3)
        columns += [*(nodes.colspec(colwidth=1) for _ in head), nodes.thead("", table_row(*head)), nodes.tbody("", *body)]
        return [nodes.table("", columns, classes=["measured"])]


def table_row(*cells, classes=()):
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells), classes=list(classes))


class Measurements(SphinxDirective):
    """On which computer, and when, all that was measured."""

    def run(self):
        where = set()
        for file in (Path(self.env.srcdir) / "measurements").glob("*.json"):
            facts = json.loads(file.read_text())
            where.add(f"{facts['processor']} with {facts['cpus']} processors, {facts['date']}, median of {facts['runs']}")
        return [nodes.paragraph("", f"Measured on {'; '.join(sorted(where))}.")] if where else []


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


def exercises():
    """The names of all exercises, in their order."""
    return re.findall(r"^add_exercise\((\w+)", (ROOT / "exercises" / "CMakeLists.txt").read_text(), re.M)


def write_exercise_pages(app):
    """Puts the README of each exercise where Sphinx looks for pages (Git ignores them there)."""
    pages = Path(app.srcdir) / "exercises"
    wanted = {}
    for name in exercises():
        readme = ROOT / "exercises" / name / "README.md"
        text = readme.read_text()
        folder = os.path.relpath(readme.parent, pages)
        # Links to lessons lead to their pages, and those to other files are seen from the page.
        text = re.sub(r"\[`(\w+)`\]\(\.\./\.\./\d\d_\w+/\1\.cpp\)", r"{lesson}`\1`", text)
        text = re.sub(r"\]\((?!https?:|#)([^)]+)\)", lambda link: f"]({resolve(folder, link[1])})", text)
        wanted[f"{name}.md"] = text + hints(readme.with_name("exercise.json"))
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
        lines = ["| exercise | goes with | points |", "| --- | --- | --- |"]
        for name in exercises():
            facts = json.loads((ROOT / "exercises" / name / "exercise.json").read_text())
            chapter = (ROOT / facts["chapter"] / "README.md").read_text().splitlines()[0].removeprefix("# ")
            lines.append(f"| [{facts['title']}]({name}.md) | [{chapter}](../chapters/{facts['chapter']}.md) "
                         f"| {sum(facts['points'].values())} |")
        lines += ["", "```{toctree}", ":hidden:", "", *exercises(), "```"]
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


def follow_the_system(style):
    """Debian 12's furo has dark colours for readers who chose them, and none for those whose system is dark.
    What it says of the theme "dark" is said once more of a dark system, unless the reader chose light."""
    if "prefers-color-scheme" in style:
        return style
    dark = re.findall(r'[^{};/]*body\[data-theme="?dark"?\][^{}]*\{[^}]*\}', style)
    followed = [re.sub(r'body\[data-theme="?dark"?\]', 'body:not([data-theme="light"])', rule.strip())
                for rule in dark if "theme-icon" not in rule]  # the button shows what was chosen
    return style + "\n@media not print { @media (prefers-color-scheme: dark) {\n" + "\n".join(followed) + "\n} }\n"


def mend_furo(app, error):
    """Debian's furo asks a web server for a style sheet that only Debian's own would have, and has a script
    that imports another, which browsers refuse for a plain script: put both together."""
    static = Path(app.outdir) / "_static"
    style, script = static / "styles" / "furo.css", static / "scripts" / "furo.js"
    if error or not style.exists():
        return
    text = style.read_text()
    if found := re.match(r'@import url\((/javascript/[^)]+)\);?', text):
        text = Path("/usr/share" + found[1]).read_text() + text[found.end():]
    style.write_text(follow_the_system(text))
    text = script.read_text()
    if found := re.match(r'import Gumshoe from "\./([\w-]+\.js)";', text):
        script.write_text((script.parent / found[1]).read_text() + text[found.end():])


def setup(app):
    app.add_directive("drawing", Drawing)
    app.add_directive("measured", Measured)
    app.add_directive("measurements", Measurements)
    app.add_directive("toolkit", Toolkit)
    app.add_directive("exercise-list", ExerciseList)
    app.add_role("exercise", ExerciseRole())
    app.add_role("question", QuestionRole())
    app.connect("builder-inited", write_exercise_pages)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", mend_furo)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
