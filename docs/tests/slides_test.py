"""The presentations in a browser: everything on a slide is visible and readable."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

from browser import CHAPTERS, SITE, Browser

ROOT = Path(__file__).parents[2]
SLIDES = SITE.parent / "slides"
# Parts of the current slide that are off the screen, or type smaller than 11 of 1600 units.
HIDDEN = """
const slide = Reveal.getCurrentSlide(), parts = [...slide.querySelectorAll("*")].filter((e) => !e.closest("aside"));
const title = slide.querySelector("h1, h2").textContent, found = [];
for (const part of parts) {
  const box = part.getBoundingClientRect();
  if (box.bottom > innerHeight + 1 || box.right > innerWidth + 1) found.push(`${title}: ${part.outerHTML.slice(0, 80)}`);
}
const pre = slide.querySelector("pre");
if (pre && parseFloat(getComputedStyle(pre).fontSize) < 11) found.push(`${title}: too small`);
for (const image of slide.querySelectorAll("img")) if (!image.naturalWidth) found.push(`${title}: no picture`);
return found.slice(0, 2);
"""
BOXES = """
const box = (e) => e.getBoundingClientRect();
return [...document.querySelectorAll(".slide-number, .controls button")].sort((a, b) => a.matches(".controls *") - b.matches(".controls *"))
  .map(box).map((b) => [b.left, b.top, b.right, b.bottom]);
"""


class SlidesTest(Browser):
    served = SLIDES

    @classmethod
    def setUpClass(cls):
        reveal = next((ROOT / ".deps").glob("reveal.js-*"))
        subprocess.run([sys.executable, ROOT / "docs" / "slides.py", SITE, SLIDES, reveal], check=True, stdout=subprocess.DEVNULL)
        super().setUpClass()

    def test_each_slide_fits_the_screen(self):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": 1600, "height": 900, "deviceScaleFactor": 1, "mobile": False})
        for page in CHAPTERS:
            self.open(Path(page).name)
            self.wait_for(lambda: self.run_script("return window.Reveal && Reveal.isReady()"))
            count = self.run_script("return Reveal.getTotalSlides()")
            for number in range(count):
                with self.subTest(f"{page} {number}"):
                    self.assertEqual(self.run_script(HIDDEN), [])
                self.run_script("Reveal.next()")

    def test_the_number_of_a_slide_is_beside_the_arrows(self):
        self.open(Path(CHAPTERS[0]).name)
        self.wait_for(lambda: self.run_script("return window.Reveal && Reveal.isReady()"))
        self.run_script("Reveal.next(); Reveal.next()")
        number, *arrows = self.run_script(BOXES)
        self.assertEqual(len(arrows), 4)
        for left, top, right, bottom in arrows:
            self.assertTrue(right <= number[0] or number[2] <= left or bottom <= number[1] or number[3] <= top)

    def test_each_lesson_has_its_slides_and_notes(self):
        for line in (SITE.parent / "lessons.txt").read_text().splitlines():
            chapter, lesson, _ = line.split("\t")
            column = re.search(rf'<section id="{lesson}">.*?</section></section>', (SLIDES / f"{chapter}.html").read_text(), re.S)
            with self.subTest(lesson):
                self.assertIsNotNone(column)
                self.assertIn("Ask: ", column[0])
                self.assertIn(f"course run {lesson}", re.sub("<[^>]*>", "", column[0]))

    def test_there_is_no_tex(self):
        for page in CHAPTERS:
            self.assertNotRegex((SLIDES / Path(page).name).read_text(), r"\\\(|\\frac")


if __name__ == "__main__":
    unittest.main()
