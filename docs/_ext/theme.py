"""Adds what the theme lacks: local MathJax, dark colours by system setting, a description, and a way past the
navigation on each page, a page for addresses that lead nowhere; and pages whose source is gone are removed.
"""

import re
import shutil
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

logger = logging.getLogger(__name__)

# The files of the distribution's package that MathJax needs to show TeX as HTML.
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
    """Debian's furo has dark colours for readers who choose them, but ignores a dark system.
    Repeats the rules of the theme "dark" for a dark system, unless the reader chose light."""
    if re.search(r'body:not\(\[data-theme="?light"?\]\)', style):
        return style
    dark = re.findall(r'[^{};/]*body\[data-theme="?dark"?\][^{}]*\{[^}]*\}', style)
    followed = [re.sub(r'body\[data-theme="?dark"?\]', 'body:not([data-theme="light"])', rule.strip())
                for rule in dark if "theme-icon" not in rule]  # the button shows what was chosen
    return style + "\n@media not print { @media (prefers-color-scheme: dark) {\n" + "\n".join(followed) + "\n} }\n"


def mend_furo(app, error):
    """Debian's furo asks a web server for a style sheet that only Debian's own would have, and has a script
    that imports another, which browsers reject for a plain script, so join the two."""
    static = Path(app.outdir) / "_static"
    style, script = static / "styles" / "furo.css", static / "scripts" / "furo.js"
    if error or not style.exists():
        return
    text = style.read_text()
    if found := re.match(r'@import url\((/javascript/[^)]+)\);?', text):
        text = Path("/usr/share" + found[1]).read_text() + text[found.end():]
    style.write_text(follow_the_system(text))
    text = script.read_text()
    if found := re.match(r'import (?:\* as )?Gumshoe from "\./([\w-]+\.js)";', text):
        script.write_text((script.parent / found[1]).read_text() + text[found.end():])


def describe(app, pagename, templatename, context, doctree):
    """Search engines show a page's first paragraph."""
    if app.builder.name == "epub":
        return
    paragraph = doctree.next_node(nodes.paragraph) if doctree else None
    if paragraph is not None:
        text = " ".join(paragraph.astext().split())
        if len(text) > 160:
            text = text[:160].rpartition(" ")[0] + " …"
        context["metatags"] = context.get("metatags", "") + f'\n<meta name="description" content="{escape(text, quote=True)}">'
    if pagename == "404":  # shown at any depth below the site's root, which GitHub puts below the project's name
        context["metatags"] += ("\n<script>document.head.append(Object.assign(document.createElement('base'), {href: "
                                "location.hostname.endsWith('.github.io') ? location.pathname.match(/^\\/[^/]*\\/?/)[0] : '/'}))</script>")
    context["needs_scripts"] = [what for what, mark in (("formulas are shown as TeX", 'class="math'), ("quizzes are not checked", 'class="quiz'))
                                if mark in context.get("body", "")]


def remove_old_pages(app, error):
    """Removes pages whose source is gone, because builds only add files."""
    if error or app.builder.format != "html":
        return
    outdir = Path(app.outdir)
    known = app.env.found_docs | {"genindex", "search"}
    for page in outdir.rglob("*.html"):
        name = page.relative_to(outdir).with_suffix("").as_posix()
        if not name.startswith("_") and name not in known:
            page.unlink()


def setup(app):
    app.connect("html-page-context", describe)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", mend_furo)
    app.connect("build-finished", remove_old_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
