"""The ePub, and its replacements for scripts, forms and MathJax."""

import re

from docutils import nodes
from sphinx.errors import ExtensionError

SIGNS = {r"\pi": "π", r"\cdot": "·", r"\le": "≤", r"\ge": "≥", r"\times": "×", r"\sqrt": "√", r"\,": " ", r"\to": "→"}


def in_signs(tex):
    """Converts a formula to a line of text; enough for the course's formulas, and an error for others."""
    text = tex.strip()
    fraction = re.compile(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}")
    while found := fraction.search(text):
        parts = [part if re.fullmatch(r"\w+", part) else f"({part})" for part in found.groups()]
        text = text[:found.start()] + "/".join(parts) + text[found.end():]
    for sign in sorted(SIGNS, key=len, reverse=True):
        text = text.replace(sign, SIGNS[sign])
    text = text.replace("^2", "²").replace("^3", "³").replace("-", "−")
    if re.search(r"[\\^_{}]", text):
        raise ExtensionError(f"docs/_ext/book.py cannot write this formula without TeX: {tex}")
    return text


def begin(app):
    if app.builder.name == "latex":
        raise ExtensionError("the course is not made for LaTeX: './course site --epub' makes a book, and browsers print its pages")
    if app.builder.name == "epub":
        app.builder.script_files.clear()
        app.builder.css_files[:] = [file for file in app.builder.css_files if "copybutton" not in file.filename]


def write_formulas(app, doctree, docname):
    if app.builder.name != "epub":
        return
    for formula in list(doctree.findall(nodes.math)):
        formula.replace_self(nodes.emphasis("", in_signs(formula.astext())))
    for formula in list(doctree.findall(nodes.math_block)):
        formula.replace_self(nodes.paragraph("", "", nodes.emphasis("", in_signs(formula.astext()))))


def setup(app):
    app.connect("builder-inited", begin, priority=900)
    app.connect("doctree-resolved", write_formulas)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
