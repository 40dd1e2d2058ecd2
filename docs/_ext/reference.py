"""The reference: a page for each header of a chapter, written from Doxygen's output.

`{toolkit-list} 01_process` lists the pages of a chapter's headers, and `{toolkit} 01_process mp/pipe.hpp` is one.
"""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from docutils.statemachine import StringList
from exercise import ROOT, write_pages
from sphinx.util.docutils import SphinxDirective


def headers(chapter, declared):
    """Returns a chapter's headers with their contents: those in the table of its README, then others that declare something."""
    readme = (ROOT / chapter / "README.md").read_text()
    found = {}
    for cell, gives in re.findall(r"^\| (\[`mp/.*?) \| (.*?) \|$", readme, re.M):
        for header in re.findall(r"\[`(mp/\w+\.hpp)`\]", cell):
            found[header] = gives
    others = [header.removeprefix(f"{chapter}/") for header in declared if header.startswith(f"{chapter}/")]
    return found | {header: "" for header in sorted(others) if header not in found}


def names(directives):
    """Returns what the Breathe directives name, in words."""
    named = [re.match(r"```\{\w+\} ([\w:]+)", first)[1] for first, *_ in directives]
    return ", ".join(f"`{name}`" for name in dict.fromkeys(named))


def sentence(gives):
    return f"{gives[0].upper()}{gives[1:]}.\n\n" if gives else ""


def page_name(header):
    return Path(header).stem


def write_reference_pages(app):
    wanted = {}
    declared = declarations(app.config.breathe_projects["mp"])
    for chapter in sorted(path.name for path in ROOT.glob("[0-9]*_*")):
        for header, gives in headers(chapter, declared).items():
            wanted[f"{page_name(header)}.md"] = (
                f"# `{header}`\n\n{sentence(gives)}From [chapter {int(chapter[:2])}](../chapters/{chapter}.md). "
                f"The header itself: {{download}}`{chapter}/{header} <../../{chapter}/{header}>`\n\n"
                f"```{{highlight}} cpp\n```\n\n```{{toolkit}} {chapter} {header}\n```\n")
    write_pages(Path(app.srcdir) / "reference", wanted)


class ToolkitList(SphinxDirective):
    required_arguments = 1

    def run(self):
        chapter = self.arguments[0]
        self.env.note_dependency(str(ROOT / chapter / "README.md"))
        declared = declarations(self.config.breathe_projects["mp"])
        rows = headers(chapter, declared).items()
        lines = ["| header | what it gives |", "| --- | --- |",
                 *(f"| [`{header}`](reference/{page_name(header)}.md) | {gives or names(declared[f'{chapter}/{header}'])} |"
                   for header, gives in rows),
                 "", "```{toctree}", ":hidden:", "", *(f"reference/{page_name(header)}" for header, _ in rows), "```"]
        parent = nodes.container()
        self.state.nested_parse(StringList(lines, chapter), 0, parent)
        return parent.children


class Toolkit(SphinxDirective):
    """Returns Doxygen's output for a header."""

    required_arguments = 2

    def run(self):
        chapter, header = self.arguments
        self.env.note_dependency(str(ROOT / chapter / header))
        parent = nodes.container()
        for directive in declarations(self.config.breathe_projects["mp"]).get(f"{chapter}/{header}", []):
            self.state.nested_parse(StringList(directive, header), 0, parent)
        for title in parent.findall(nodes.rubric):
            title["ids"] = []  # Breathe gives the same ids to each class
        for title in [title for title in parent.findall(nodes.rubric) if title.astext() == "Friends"]:
            title.parent.parent.remove(title.parent)  # not for users
        for block in parent.findall(nodes.literal_block):
            block.attributes.setdefault("language", "cpp")
            block["force"] = True  # an example in a comment may be incomplete
        for paragraph in list(parent.findall(nodes.paragraph)):
            split_at_blocks(paragraph)
        return parent.children


def split_at_blocks(paragraph):
    """Doxygen puts blocks of code inside paragraphs, which HTML does not allow."""
    blocks = nodes.literal_block, nodes.bullet_list, nodes.container
    if not any(isinstance(child, blocks) for child in paragraph):
        return
    pieces = []
    for child in list(paragraph):
        if isinstance(child, blocks):
            pieces.append(child)
        else:
            if not pieces or not isinstance(pieces[-1], nodes.paragraph):
                pieces.append(nodes.paragraph())
            pieces[-1] += child
    paragraph.parent.replace(paragraph, pieces)


def declarations(xml):
    """Returns the Breathe directives for what a header declares and documents, in its order."""
    known = Path(xml).parent / "declarations.json"
    if not known.exists() or known.stat().st_mtime < (Path(xml) / "index.xml").stat().st_mtime:
        known.write_text(json.dumps(find_declarations(xml)))
    return json.loads(known.read_text())


def find_declarations(xml):
    found = {}
    for file in sorted(Path(xml).glob("*.xml")):
        if not file.name.startswith(("namespace", "class", "struct", "concept")):
            continue
        compound = ElementTree.parse(file).getroot().find("compounddef")
        scope, kind = compound.findtext("compoundname"), compound.get("kind")
        if kind == "namespace":
            parts = [(member, member.get("kind"), f"{scope}::{member.findtext('name')}") for member in compound.iter("memberdef")]
        elif scope.count("::") == 1 or kind == "concept":  # members come with their class
            parts = [(compound, kind, scope)]
        else:
            parts = []
        for part, kind, name in parts:
            # A class without a comment may have members with one.
            comments = [*part.iter("briefdescription"), *part.iter("detaileddescription")]
            text = "".join("".join(comment.itertext()) for comment in comments)
            if kind == "function":
                name += part.findtext("argsstring")
            members = [":members:", ":undoc-members:"] if kind in ("class", "struct") else []
            location = part.find("location")
            found.setdefault(location.get("file"), []).append(
                (int(location.get("line")), bool(text.strip()), [f"```{{doxygen{kind}}} {name}", *members, "```"]))
    # A declaration directly below one with a comment shares it.
    result = {}
    for header, parts in found.items():
        commented = {line for line, has_comment, _ in parts if has_comment}
        if directives := [directive for line, _, directive in sorted(parts) if line in commented or line - 1 in commented]:
            result[header] = directives
    return result


def setup(app):
    app.add_directive("toolkit", Toolkit)
    app.add_directive("toolkit-list", ToolkitList)
    app.connect("builder-inited", write_reference_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
