"""Parts of pages other than lessons: drawings and measurements.

`{drawing} deadlock` puts docs/drawings/deadlock.svg into the page itself, so that it takes on the colours of
the theme; its content is the caption, and the SVG's <title> and <desc> are read to those who cannot see it.

`{measured} queue` shows what ./course bench measured, from docs/measurements/bench.json; its lines name the rows, and
say what to call them. `{growth} growth_rolls` is a figure that it has drawn. `{measurements}` says where that was.
"""

import datetime
import json
import os
import re
import sys
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from quiz import is_book
from sphinx.util.docutils import SphinxDirective, SphinxRole

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / ".course" / "bench"))
from report import each, in_words  # noqa: E402


class Drawing(SphinxDirective):
    required_arguments = 1
    has_content = True

    def run(self):
        name = self.arguments[0]
        file = Path(self.env.srcdir) / "drawings" / f"{name}.svg"
        self.env.note_dependency(str(file))
        svg = re.sub(r"<!--.*?-->", "", file.read_text(), flags=re.S)
        if "<title>" not in svg or "<desc>" not in svg:
            raise self.error(f"{file.name} needs a <title> and a <desc>")
        # Ids must differ from those of other drawings on the page.
        svg = svg.replace("<title>", f'<title id="{name}-title">').replace("<desc>", f'<desc id="{name}-desc">')
        svg = svg.replace("<svg", f'<svg role="img" aria-labelledby="{name}-title {name}-desc"', 1)
        caption = nodes.container(is_div=True, classes=["caption"])
        self.state.nested_parse(self.content, self.content_offset, caption)
        drawing = nodes.container(is_div=True, classes=["drawing"])
        picture = picture_file(self.env, name, svg) if is_book(self.env) else nodes.raw("", svg, format="html")
        drawing += [picture, caption]
        return [drawing]


def picture_file(env, name, svg):
    """Writes a drawing as a file with its own style, because a book's pages may not contain undeclared SVG."""
    style = (Path(env.srcdir) / "_static" / "drawings.css").read_text().replace(".drawing ", "")
    colours = (Path(env.srcdir) / "_static" / "book.css").read_text().partition("body {")[2].partition("}")[0]
    file = Path(env.config.course_build) / "site-work" / "book" / f"{name}.svg"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(svg.replace("</desc>", f"</desc><style>svg {{{colours}}}\n{style}</style>", 1))
    uri = os.path.relpath(file, Path(env.doc2path(env.docname)).parent)
    return nodes.image(uri=uri, alt=re.search("<title[^>]*>(.*?)</title>", svg)[1])


def as_ratio(ratio):
    if ratio < 0.001:
        return "below 0.001"
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.1g}"


def results(env):
    """Returns what ./course bench has written, or None."""
    file = Path(env.srcdir) / "measurements" / "bench.json"
    if not file.exists():
        return None
    env.note_dependency(str(file))
    return json.loads(file.read_text())


def not_measured(kind):
    """The command is a literal, or its dashes would change."""
    command = nodes.literal("", f"./course bench {kind} --json docs/measurements/bench.json")
    return [nodes.note("", nodes.paragraph("", "", nodes.Text("Not measured yet. This measures it: "), command))]


class Measured(SphinxDirective):
    """What a group of ./course bench measured: a bar for each line, as long as the ratio to the first one, and a
    folded table with times and spread. Rows that could not be measured, such as a missing Python, are left out."""

    required_arguments = 1
    option_spec = {"each": directives.unchanged}
    has_content = True

    def run(self):
        group, found = self.arguments[0], results(self.env)
        if found is None or group not in found["groups"]:
            return not_measured(group.partition("/")[0])
        measured = {row["name"]: row for row in found["groups"][group]}
        lines = [line.partition(": ") for line in self.content]
        rows = [(measured[name], label) for name, _, label in lines if name in measured]
        if not rows:
            raise self.error(f"bench.json has none of these in '{group}'; there are: {', '.join(measured)}")
        first, longest = rows[0][0]["median"], max(row["median"] for row, _ in rows)
        bars, times = [], []
        for row, label in rows:
            kind = "bar ours" if row["name"].startswith("mp_") else "bar"
            bar = f'<span class="{kind}" style="--share: {row["median"] / longest:.4f}"></span>'
            ratio = nodes.Text(as_ratio(row["median"] / first))
            bars.append(table_row(self.label(label), [nodes.raw("", bar, format="html"), ratio]))
            spread = 50 * (row["high"] - row["low"]) / row["median"]
            times.append(table_row(self.label(label), [nodes.Text(in_words(row["median"], row["of"]))], [nodes.Text(f"±{spread:.0f} %")]))
        of = each(self.options.get("each", rows[0][0]["of"]))
        fold = f"<details><summary>{'Sizes' if of == 'peak' else 'Times'}, and how far they differ</summary>"
        return [table(["", "ratio"], bars), nodes.raw("", fold, format="html"), table(["", of, "spread"], times),
                nodes.raw("", "</details>", format="html")]

    def label(self, text):
        return self.state.inline_text(text, self.lineno)[0]


def table(head, rows):
    columns = nodes.tgroup(cols=len(head))
    columns += [*(nodes.colspec(colwidth=1) for _ in head)]
    columns += [nodes.thead("", table_row(*([nodes.Text(text)] for text in head))), nodes.tbody("", *rows)]
    return nodes.table("", columns, classes=["measured"])


def table_row(*cells):
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))


class Growth(SphinxDirective):
    """A figure drawn by ./course bench, with its remarks; the content describes the figure to readers who
    cannot see it."""

    required_arguments = 1
    has_content = True

    def run(self):
        name, found = self.arguments[0], results(self.env)
        file = Path(self.env.srcdir) / "measurements" / f"{name}.svg"
        if found is None or not file.exists():
            return not_measured(name)
        image = nodes.image(uri=f"measurements/{file.name}", alt=" ".join(self.content))
        figure = nodes.figure("", image, classes=["plot", "svg"])
        return [figure, *(nodes.paragraph("", line) for line in found["remarks"].get(name, []))]


class Measurements(SphinxDirective):
    """States on which computer, and when, everything was measured."""

    def run(self):
        found = results(self.env)
        if found is None:
            return []
        busy = f" Other programs kept it busy (load {found['load']:.1f})." if found["load"] > 0.5 * found["cpus"] else ""
        date = datetime.date.fromisoformat(found["date"])
        return [nodes.paragraph("", f"Measured on {found['processor']} with {found['cpus']} processors, {date.day} "
                                    f"{date:%B %Y}, median of {found['runs']}.{busy}")]


class QuestionRole(SphinxRole):
    """{question}`3` is a link to the third question of the page's quiz."""

    def run(self):
        return [nodes.reference("", f"question {self.text}", internal=True, refuri=f"#question-{self.text}")], []


def setup(app):
    app.add_directive("drawing", Drawing)
    app.add_directive("measured", Measured)
    app.add_directive("growth", Growth)
    app.add_directive("measurements", Measurements)
    app.add_role("question", QuestionRole())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
