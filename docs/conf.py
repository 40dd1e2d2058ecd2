"""How Sphinx builds the course website. `./course site` runs it; see docs/site."""

import os
import sys
from pathlib import Path

docs = Path(__file__).parent
root = docs.parent
sys.path.insert(0, str(docs / "_ext"))

project = "Parallel programming with processes"
author = "the course's authors"
html_title = "Parallel programming with processes in modern C++"
html_short_title = "Processes in C++"

extensions = ["myst_parser", "sphinx.ext.mathjax", "sphinx_copybutton", "breathe", "theme", "book",
              "page", "quiz", "exercise", "lesson", "timeline", "chapter", "reference"]
exclude_patterns = ["_ext", "_templates", "quizzes", "drawings", "measurements", "tests"]
nitpicky = True
nitpick_ignore_regex = [("cpp:.*", ".*")]  # names of the standard library have no pages here

# The output of ./course site, and of Doxygen for the headers.
course_build = os.environ.get("COURSE_BUILD", str(root / "build"))
breathe_projects = {"mp": str(Path(course_build) / "site-work" / "doxygen" / "xml")}
breathe_default_project = "mp"

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
highlight_language = "text"

# Copy the commands of a console session, not its prompts or output.
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True
copybutton_line_continuation_character = "\\"

# MathJax comes with the site, because pages must work without a network.
mathjax_path = "mathjax/MathJax.js?config=TeX-AMS_CHTML"
mathjax2_config = {"messageStyle": "none", "showMathMenu": False, "tex2jax": {"processClass": "math"}}
myst_update_mathjax = False  # it would write a configuration for MathJax 3

html_theme = "furo"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["course.css", "drawings.css"]
html_js_files = ["course.js"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_last_updated_fmt = None
templates_path = ["_templates"]
pygments_style = "default"
pygments_dark_style = "github-dark"
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0b5c8a",
        "color-brand-content": "#0b5c8a",
        "color-foreground-muted": "#5a5f66",
    },
    "dark_css_variables": {
        "color-brand-primary": "#6cc0ef",
        "color-brand-content": "#6cc0ef",
        "color-foreground-muted": "#9ba1a8",
    },
}

# ./course site --epub
epub_basename = "course"
epub_title = html_title
epub_author = author
epub_description = "Parallel programming with processes: lessons that run, in C++ and Python"
epub_identifier = "course-parallel-programming-with-processes"
epub_uid = epub_identifier
epub_scheme = "URN"
epub_copyright = "MIT licence"
version = "1"
epub_show_urls = "no"
epub_tocdepth = 2
epub_css_files = ["drawings.css", "book.css"]
epub_exclude_files = ["404.xhtml", "search.xhtml", "_static/course.js", "_static/course.css"]
