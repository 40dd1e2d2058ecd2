"""The reference: a page for each header in the table of a chapter's README, written from what Doxygen found in it.

`{toolkit-list} 01_process` lists the pages of a chapter's headers, and `{toolkit} 01_process mp/pipe.hpp` is one.
"""

import re
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from docutils.statemachine import StringList
from exercise import ROOT, write_pages
from sphinx.util.docutils import SphinxDirective


def headers(chapter):
    """The headers in the table of a chapter's README, and what each gives."""
    readme = (ROOT / chapter / "README.md").read_text()
    return re.findall(r"^\| \[`(mp/\w+\.hpp)`\]\S* \| (.*?) \|$", readme, re.M)


def sentence(gives):
    return gives[0].upper() + gives[1:] + "."


def page_name(header):
    return Path(header).stem


def write_reference_pages(app):
    wanted = {}
    for chapter in sorted(path.name for path in ROOT.glob("[0-9]*_*")):
        for header, gives in headers(chapter):
            wanted[f"{page_name(header)}.md"] = (
                f"# `{header}`\n\n{sentence(gives)}\n\nFrom [chapter {int(chapter[:2])}](../chapters/{chapter}.md). "
                f"The header itself: {{download}}`{chapter}/{header} <../../{chapter}/{header}>`\n\n"
                f"```{{highlight}} cpp\n```\n\n```{{toolkit}} {chapter} {header}\n```\n")
    write_pages(Path(app.srcdir) / "reference", wanted)


class ToolkitList(SphinxDirective):
    required_arguments = 1

    def run(self):
        chapter = self.arguments[0]
        self.env.note_dependency(str(ROOT / chapter / "README.md"))
        rows = headers(chapter)
        lines = ["| header | what it gives |", "| --- | --- |",
                 *(f"| [`{header}`](reference/{page_name(header)}.md) | {gives} |" for header, gives in rows),
                 "", "```{toctree}", ":hidden:", "", *(f"reference/{page_name(header)}" for header, _ in rows), "```"]
        parent = nodes.container()
        self.state.nested_parse(StringList(lines, chapter), 0, parent)
        return parent.children


class Toolkit(SphinxDirective):
    """What Doxygen found in a header."""

    required_arguments = 2

    def run(self):
        chapter, header = self.arguments
        self.env.note_dependency(str(ROOT / chapter / header))
        parent = nodes.container()
        for directive in declarations(self.config.breathe_projects["mp"], f"{chapter}/{header}"):
            self.state.nested_parse(StringList(directive, header), 0, parent)
        return parent.children


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


def setup(app):
    app.add_directive("toolkit", Toolkit)
    app.add_directive("toolkit-list", ToolkitList)
    app.connect("builder-inited", write_reference_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
