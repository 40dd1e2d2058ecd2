"""Checks of every page that need no browser."""

import html
import json
import os
import re
import unittest
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("COURSE_BUILD", ROOT / "build")) / "site"
PAGES = sorted(page for page in SITE.rglob("*.html") if "_static" not in page.parts)


class Page(HTMLParser):
    """The facts about a page that the tests need."""

    def __init__(self, file):
        super().__init__()
        self.file = file
        self.ids, self.links, self.resources, self.images, self.headings = set(), [], [], [], []
        self.objectives = []  # the number of links in each
        self.section = []
        self.description = None
        self.feed(file.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if "id" in attributes:
            self.ids.add(attributes["id"])
        if tag == "section":
            self.section.append(attributes.get("id"))
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
            if self.in_objectives() and "headerlink" not in attributes.get("class", ""):
                self.objectives[-1:] = [self.objectives[-1] + 1] if self.objectives else []
        if tag == "li" and self.in_objectives():
            self.objectives.append(0)
        if tag in ("script", "img", "iframe", "source") and "src" in attributes:
            self.resources.append(attributes["src"])
        if tag == "link" and attributes.get("rel") in ("stylesheet", "icon", "shortcut icon"):
            self.resources.append(attributes["href"])
        if tag == "meta" and attributes.get("name") == "description":
            self.description = attributes["content"]
        if tag == "img":
            self.images.append(attributes)
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag):
        if tag == "section":
            self.section.pop()

    def in_objectives(self):
        return bool(self.section) and self.section[-1] == "objectives"


class PagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pages = {page: Page(page) for page in PAGES}

    def for_each(self, check):
        self.assertGreater(len(self.pages), 10)
        for file, page in self.pages.items():
            with self.subTest(str(file.relative_to(SITE))):
                check(file, page)

    def test_links_lead_somewhere(self):
        def check(file, page):
            for link in page.links:
                target, anchor = urldefrag(link)
                if target.startswith(("http:", "https:", "mailto:")):
                    continue
                other = file if not target else Path(os.path.normpath(file.parent / unquote(target)))
                self.assertTrue(other.is_file(), link)
                if anchor and other.suffix == ".html":
                    self.assertIn(unquote(anchor), self.pages[other].ids, link)

        self.for_each(check)

    def test_everything_is_on_this_site(self):
        def check(file, page):
            for resource in page.resources:
                self.assertNotRegex(resource, "^(https?:)?//")
                self.assertTrue((file.parent / unquote(resource.partition("?")[0])).is_file(), resource)

        self.for_each(check)
        for style in (SITE / "_static").rglob("*.css"):
            self.assertNotRegex(style.read_text(), r"url\(\s*[\"']?(https?:)?//", style)

    def test_images_are_described(self):
        def check(_, page):
            for image in page.images:
                if "figure" in image.get("src", "") or "_images" in image.get("src", ""):
                    self.assertGreater(len(image.get("alt", "")), 20, image)
                self.assertIn("alt", image)

        self.for_each(check)

    def test_pictures_keep_their_colours_in_the_dark(self):
        """Drawn lines are inverted there; pictures made of pixels would become negatives."""
        def check(file, page):
            for figure in re.findall(r'<figure class="[^"]*\bplot\b.*?</figure>', file.read_text(), re.S):
                image = re.search('src="([^"]+)"', figure)[1]
                is_inverted = "svg" in re.search('class="([^"]*)"', figure)[1].split()
                self.assertEqual(image.endswith(".svg"), is_inverted, image)
                self.assertFalse(is_inverted and "<image" in (file.parent / unquote(image)).read_text(), f"{image} has pixels")

        self.for_each(check)

    def test_headings_are_in_order(self):
        def check(file, page):
            if file.name in ("genindex.html", "search.html"):
                return
            self.assertEqual(page.headings.count(1), 1)
            for before, after in zip(page.headings, page.headings[1:]):
                self.assertLessEqual(after, before + 1)

        self.for_each(check)

    def test_each_objective_is_met_somewhere(self):
        def check(file, page):
            if file.parent.name == "chapters":
                self.assertGreaterEqual(len(page.objectives), 5)
                self.assertNotIn(0, page.objectives)

        self.for_each(check)

    def test_lessons_are_shown_as_they_are(self):
        for line in (SITE.parent / "lessons.txt").read_text().splitlines():
            chapter, lesson, _ = line.split("\t")
            text = html.unescape(re.sub("<[^>]*>", "", (SITE / "chapters" / f"{chapter}.html").read_text()))
            source = (ROOT / chapter / f"{lesson}.cpp").read_text()
            with self.subTest(lesson):
                for part in re.split(r"\s*^ *#.*$\s*|\n\n+", source, flags=re.M):
                    self.assertIn(part.strip(), text)
                self.assertIn(f"$ ./course run {lesson}", text)

    def text(self, page):
        return " ".join(html.unescape(re.sub("<[^>]*>", "", (SITE / page).read_text())).split())

    def test_each_lesson_has_its_name_in_its_heading_and_its_minutes(self):
        for line in (SITE.parent / "lessons.txt").read_text().splitlines():
            chapter, lesson, _ = line.split("\t")
            source = (SITE / "chapters" / f"{chapter}.html").read_text()
            with self.subTest(lesson):
                heading = rf"<h3>[^\n]*<span class=\"pre\">{lesson}</span></code><a class=\"headerlink\""
                self.assertTrue(re.search(heading, source), "no heading names it")
                facts = rf'id="lesson-{lesson}"></span><h3>.*?<p class="lesson-facts">About \d+ minutes'
                self.assertTrue(re.search(facts, source, re.S), "no minutes")

    def test_measurements_say_where_and_when(self):
        """Checks each lesson with the option to measure, and the pages of benchmarks."""
        place = r"Measured on .{3,80}? with \d+ processors, "
        for source in (ROOT / "docs" / "chapters").glob("*.md"):
            text = self.text(f"chapters/{source.stem}.html")
            found = re.findall(place + r"\d+ \w+ \d{4}\.", text)
            left_out = text.count("is not built on this computer")
            self.assertEqual(len(found) + left_out, source.read_text().count("\n:measures:\n"), source.name)
        self.assertRegex(self.text("performance.html"), place)

    def test_speed_ups_are_measured_at_four_points_or_more(self):
        for chapter, lesson in (("01_process", "amdahl"), ("04_pools", "pi_pool")):
            output = re.search(rf"\$ \S*course run {lesson} .*?Differs", self.text(f"chapters/{chapter}.html"))[0]
            self.assertEqual(re.findall(r" ([1-4])  ?\d+\.\d", output)[:4], ["1", "2", "3", "4"], output)

    def test_pages_are_described(self):
        def check(file, page):
            if file.name in ("genindex.html", "search.html"):
                return
            self.assertGreater(len(page.description or ""), 25)
            self.assertLessEqual(len(page.description), 165)

        self.for_each(check)

    def test_chapters_explain_their_terms(self):
        for file, page in self.pages.items():
            if file.parent.name == "chapters":
                self.assertGreaterEqual(sum("glossary.html#term-" in link for link in page.links), 5, file)

    def test_each_exercise_page_has_what_a_learner_needs(self):
        for folder in (ROOT / "exercises").glob("*/exercise.json"):
            name = folder.parent.name
            if name == "template":
                continue
            facts, text = json.loads(folder.read_text()), self.text(f"exercises/{name}.html")
            with self.subTest(name):
                self.assertIn(f"exercises/{name}/{name}.cpp", text)
                self.assertIn(f"{facts['difficulty'].capitalize()}, about {facts['minutes']} minutes", text)
                for test, points in facts["points"].items():
                    self.assertIn(f"{test.replace('_', ' ')} {points}", text)
                self.assertIn(re.search(r"^\w.*\b" + name + r"\(", (folder.with_name(f"{name}.hpp")).read_text(), re.M)[0], text)

    def test_lessons_name_the_exercises_that_go_with_them(self):
        for page in (SITE / "exercises").glob("*.html"):
            lessons = re.findall(r'chapters/(\w+)\.html#lesson-(\w+)"', page.read_text())
            for chapter, lesson in set(lessons) if page.stem != "index" else ():
                facts = re.search(rf'id="lesson-{lesson}">.*?<p class="lesson-facts">.*?</p>', (SITE / "chapters" / f"{chapter}.html").read_text(), re.S)[0]
                self.assertIn(f"exercises/{page.stem}.html", facts, lesson)

    def test_each_header_of_the_toolkit_has_its_page(self):
        listed = [name for readme in ROOT.glob("0*/README.md") for name in re.findall(r"\[`mp/(\w+)\.hpp`\]", readme.read_text())]
        self.assertGreater(len(listed), 15)
        self.assertLessEqual(set(listed), {page.stem for page in (SITE / "reference").glob("*.html")})

    def test_the_reference_says_what_each_header_gives(self):
        self.assertFalse(re.search("<td>(<p></p>)?</td>", (SITE / "reference.html").read_text()), "an empty cell")

    def test_each_exercise_has_its_page(self):
        solutions = {folder.name for folder in (ROOT / "solutions").iterdir() if folder.is_dir()}
        self.assertEqual({page.stem for page in (SITE / "exercises").glob("*.html")} - {"index"}, solutions)


if __name__ == "__main__":
    unittest.main()
