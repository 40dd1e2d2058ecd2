#!/usr/bin/env python3
"""Makes presentations of the chapters: docs/slides.py SITE FOLDER REVEAL, where SITE is the built website and REVEAL the
library reveal.js.

A lesson is a column of slides: its problem and code, its output, its pictures. What instructors.md says of it is in the
notes. Nothing here is written by hand, so slides are as new as the pages.
"""

import re
import shutil
import sys
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "_ext"))
from book import in_signs  # noqa: E402
WIDTH, HEIGHT = 1600, 900  # reveal.js scales this to the screen
CODE_HEIGHT, CODE_WIDTH = 690, 1500  # the space below the heading
LONGEST = 104  # characters in a line
LARGEST, LINE, CHARACTER = 28, 1.3, 0.61  # of the type size: the height of a line, the width of a character


def code_style(text, height=CODE_HEIGHT):
    """Returns the type size and columns with which this much text just fills the slide."""
    lengths = [len(line) for line in text.rstrip("\n").split("\n")]
    width = min(max(lengths), LONGEST)  # longer lines wrap
    lines = sum(max(1, -(-length // LONGEST)) for length in lengths)
    best = 0, 1
    for columns in (1, 2):
        size = min(LARGEST, height / LINE / -(-lines // columns), CODE_WIDTH / columns / CHARACTER / (width + 3))
        best = max(best, (size, -columns))
    return f"font-size: {best[0]:.1f}px; columns: {abs(best[1])}"


def code(block, height=CODE_HEIGHT):
    pre = block.find("pre")
    pre["style"] = code_style(pre.get_text(), height)
    return f'<div class="{" ".join(block["class"])}"><div class="highlight">{pre}</div></div>'


def slide(title, body, notes=""):
    aside = f'<aside class="notes">{notes}</aside>' if notes else ""
    return f"<section><h2>{title}</h2>{body}{aside}</section>"


def read_notes():
    """Returns what to ask about a lesson, and what goes wrong in it."""
    rows = re.findall(r"^\| \{lesson\}`(\w+)` \| (.+) \| (.+) \|$", (DOCS / "instructors.md").read_text(), re.M)
    return {name: f"<p>Ask: {plain(ask)}</p><p>What goes wrong: {plain(wrong)}</p>" for name, ask, wrong in rows}


def plain(markdown):
    text = re.sub(r"\{\w+\}`", "`", escape(markdown, quote=False))
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text)


def lesson_slides(section, notes):
    """Returns the column of a lesson; `section` is its part of the page."""
    name = section.find("span", id=re.compile("^lesson-"))["id"].removeprefix("lesson-")
    heading = section.find("h3")
    title = heading.decode_contents()
    facts = section.select_one("p.lesson-facts")
    problem = "".join(str(part) for part in facts.find_previous_siblings(["p", "div"])[::-1]
                      if "drawing" not in part.get("class", []))
    program = section.select_one("div[class^=highlight-cpp]")
    words = BeautifulSoup(problem, "html.parser").get_text()
    room = CODE_HEIGHT - 45 * (len(words) // 100 + len(facts.find_previous_siblings("p")))
    slides = [slide(title, problem + code(program, room), notes.get(name, ""))]
    for output in section.select("div.output"):
        varies = output.find_next_sibling("p", class_="of-output")
        slides.append(slide(title, code(output, CODE_HEIGHT - 90) + (f'<p class="of-output">{varies.get_text()}</p>' if varies else "")))
    for picture in section.select("figure.plot img:not(.narrow)"):
        slides.append(slide(title, f'<img src="{Path(picture["src"]).name}" alt="{escape(picture["alt"], quote=True)}">'))
    for drawing in section.select("div.drawing svg"):
        slides.append(slide(title, f'<div class="drawing">{drawing}</div>'))
    return f'<section id="{name}">{"".join(slides)}</section>'


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="reveal/reveal.css">
<link rel="stylesheet" href="reveal/theme/white.css">
<link rel="stylesheet" href="pygments.css">
<link rel="stylesheet" href="drawings.css">
<link rel="stylesheet" href="slides.css">
<body data-theme="light">
<div class="reveal"><div class="slides">{slides}</div></div>
<script src="reveal/reveal.js"></script>
<script src="reveal/plugin/notes.js"></script>
<script>Reveal.initialize({{width: {width}, height: {height}, margin: 0.02, hash: true, center: false, transition: "none", slideNumber: "c/t", plugins: [RevealNotes]}})</script>
</body>
</html>
"""


def presentation(page, notes):
    soup = BeautifulSoup(page.read_text(), "html.parser")
    article = soup.select_one("article")
    for extra in article.select(".headerlink, script"):
        extra.decompose()
    for link in article.select("a"):
        link.unwrap()
    for formula in article.select(".math"):
        formula.string = in_signs(re.sub(r"^\\[(\[]|\\[)\]]$", "", formula.get_text().strip()))
    title = article.find("h1").get_text()
    slides = [f"<section><h1>{escape(title)}</h1>{article.find('p')}</section>"]
    slides.append(slide("Objectives", str(article.select_one("#objectives ul"))))
    for facts in article.select("p.lesson-facts"):
        slides.append(lesson_slides(facts.find_parent("section"), notes))
    return PAGE.format(title=escape(title), slides="".join(slides), width=WIDTH, height=HEIGHT)


def main():
    site, folder, reveal = map(Path, sys.argv[1:])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(reveal, folder / "reveal", ignore=shutil.ignore_patterns("*.mjs", "*.d.ts", "utils"))
    for file in (site / "_static" / "pygments.css", site / "_static" / "drawings.css", DOCS / "slides.css"):
        shutil.copy(file, folder)
    notes = read_notes()
    pages = sorted((site / "chapters").glob("*.html"))
    for page in pages:
        text = presentation(page, notes)
        for picture in set(re.findall(r'<img src="([^"/]+)"', text)):
            shutil.copy(site / "_images" / picture, folder)
        (folder / page.name).write_text(text)
    links = "".join(f'<li><a href="{page.name}">{BeautifulSoup(page.read_text(), "html.parser").find("h1").get_text().rstrip("¶")}</a>' for page in pages)
    (folder / "index.html").write_text(f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Presentations</title><ul>{links}</ul></html>\n')
    print(f"The presentations are in {folder}; open index.html there.")


if __name__ == "__main__":
    main()
