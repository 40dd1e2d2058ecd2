"""What pages are made of beside lessons: drawings and measurements.

`{drawing} deadlock` puts docs/drawings/deadlock.svg into the page itself, so that it takes on the colours of
the theme; its content is the caption, and the SVG's <title> and <desc> are read to those who cannot see it.

`{measured} channels_benchmark queue` is a table of what ./course bench measured, from docs/measurements/; its lines
name the rows, and say what to call them. `{measurements}` says where that was.
"""

import json
import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective, SphinxRole


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
        self.env.note_dependency(str(file))
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
            self.env.note_dependency(str(file))
            facts = json.loads(file.read_text())
            where.add(f"{facts['processor']} with {facts['cpus']} processors, {facts['date']}, median of {facts['runs']}")
        return [nodes.paragraph("", f"Measured on {'; '.join(sorted(where))}.")] if where else []


class QuestionRole(SphinxRole):
    """{question}`3` is a link to the third question of the page's quiz."""

    def run(self):
        return [nodes.reference("", f"question {self.text}", internal=True, refuri=f"#question-{self.text}")], []


def setup(app):
    app.add_directive("drawing", Drawing)
    app.add_directive("measured", Measured)
    app.add_directive("measurements", Measurements)
    app.add_role("question", QuestionRole())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
