"""Adds to chapter pages the programs' names in the headings, links to the glossary, and
`{lesson-list} 01_process`, the table of the chapter's README with links into the page.
"""

import re
from pathlib import Path

from docutils import nodes
from lesson import ROOT, link_to_lesson, read_lessons
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective


class LessonList(SphinxDirective):
    required_arguments = 1

    def run(self):
        chapter = self.arguments[0]
        readme = ROOT / chapter / "README.md"
        self.env.note_dependency(str(readme))
        rows = re.findall(r"^\| \[`(\w+)`\]\(\w+\.cpp\)([^|]*)\| (.*?) \|$", readme.read_text(), re.M)
        shows = {name: f"{marks.rstrip()}: {what}" for name, marks, what in rows}
        items = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".", classes=["lesson-list"])
        for name in read_lessons(self.env.app).get(chapter, {}):
            if name not in shows:
                raise self.error(f"{chapter}/README.md does not say what {name} shows")
            text, _ = self.state.inline_text(shows[name], self.lineno)
            minutes = nodes.inline("", "", classes=["minutes"], lesson=name)  # filled in after the page has been read
            items += nodes.list_item("", nodes.paragraph("", "", link_to_lesson(self.env, name), *text, minutes))
        return [items]


def name_programs(app, doctree):
    """A lesson's heading ends with the name of its program, and is the target of {lesson}`greeting`; its line in the
    list ends with its minutes."""
    for facts in doctree.findall(nodes.paragraph):
        if "lesson" in facts:
            section = facts.parent
            section["ids"].append(f"lesson-{facts['lesson']}")
            section.next_node(nodes.title).extend([nodes.Text(" "), nodes.literal("", facts["lesson"])])
    known = getattr(app.env, "course_lessons", {}).get(app.env.docname, {})
    for item in doctree.findall(nodes.inline):
        if item.get("lesson") in known:
            item += nodes.Text(f" ({known[item['lesson']]}\N{NO-BREAK SPACE}minutes)")


def glossary_terms(docs):
    """Returns the terms that the glossary explains."""
    text = (Path(docs) / "glossary.md").read_text()
    return re.findall(r"^(?! |`|#|\n)(.+)\n  \S", text, re.M)


def link_terms(app, doctree):
    """The first use of a glossary term in a chapter's text becomes a link."""
    docname = app.env.docname
    if not docname.startswith("chapters/"):
        return
    app.env.note_dependency(str(Path(app.srcdir) / "glossary.md"))
    left = {term.lower(): term for term in glossary_terms(app.srcdir)}
    for text in list(doctree.findall(nodes.Text)):
        if not is_running_text(text):
            continue
        pieces, rest = [], str(text)
        while left and (found := re.search(rf"\b({'|'.join(map(re.escape, sorted(left, key=len, reverse=True)))})(s|es)?\b", rest, re.I)):
            word = nodes.inline("", found[0], classes=["xref", "std", "std-term"])
            pieces += [nodes.Text(rest[:found.start()]),
                       addnodes.pending_xref("", word, refdomain="std", reftype="term", reftarget=left.pop(found[1].lower()),
                                             refdoc=docname, refexplicit=True, refwarn=True)]
            rest = rest[found.end():]
        if pieces:
            text.parent.replace(text, [*pieces, nodes.Text(rest)])


def is_running_text(text):
    """Whether this is in a paragraph of a lesson's text, not in code, a link, a list of objectives …"""
    parent = text.parent
    if not isinstance(parent, nodes.paragraph) or parent["classes"]:
        return False
    around = parent.parent
    return isinstance(around, nodes.section) or (isinstance(around, nodes.definition))


def setup(app):
    app.add_directive("lesson-list", LessonList)
    # Before Sphinx collects the headings for its tables of contents.
    app.connect("doctree-read", name_programs, priority=100)
    app.connect("doctree-read", link_terms, priority=110)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
