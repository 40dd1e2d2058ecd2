"""The pages on paper, as a browser prints them: in the browser's own print layout, and as a PDF."""

import base64
import unittest

from browser import CHAPTERS, Browser

# Blocks of code, tables and pictures that the paper's edge cuts off, because they are too wide or scroll.
CUT_OFF = """
const width = document.documentElement.clientWidth;
return [...document.querySelectorAll(".content pre, .content table, .content img, .content svg")].filter((e) => e.checkVisibility())
  .filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 || e.getBoundingClientRect().right > width + 1)
  .map((e) => e.outerHTML.slice(0, 100));
"""
# Controls that are useful only on a screen.
CONTROLS = """
return [...document.querySelectorAll("button, .tabs > label, nav, .sidebar-drawer, .skip-link, input[type=search], .headerlink")]
  .filter((e) => e.checkVisibility({checkVisibilityCSS: true})).map((e) => e.outerHTML.slice(0, 100));
"""


class PrintTest(Browser):
    def print_layout(self, page, system="light"):
        self.open(page)
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "media": "print", "features": [{"name": "prefers-color-scheme", "value": system}]})
        self.set_width(700)  # A4 within its margins

    def test_nothing_is_cut_off_and_no_button_is_printed(self):
        for page in [*CHAPTERS, "index.html", "start.html", "reference/pipe.html", "exercises/ping_pong.html", "performance.html"]:
            with self.subTest(page):
                self.print_layout(page)
                self.assertEqual(self.run_script(CUT_OFF), [])
                self.assertEqual(self.run_script(CONTROLS), [])

    def test_both_languages_are_printed(self):
        self.print_layout(CHAPTERS[0])
        tabs = self.run_script("return [...document.querySelectorAll('.tab')].map((e) => e.checkVisibility())")
        self.assertGreater(len(tabs), 10)
        self.assertNotIn(False, tabs)

    def test_what_is_folded_is_printed_but_no_hints(self):
        for page in (CHAPTERS[0], "performance.html"):
            self.print_layout(page)
            shown = self.run_script("return [...document.querySelectorAll('details > :not(summary)')].map((e) => e.checkVisibility())")
            self.assertGreater(len(shown), 1)
            self.assertNotIn(False, shown)
        self.print_layout("exercises/ping_pong.html")
        self.assertFalse(self.run_script("return document.querySelector('#hints').checkVisibility()"))

    def test_paper_is_white_whatever_the_system_is(self):
        look = "return ['body', '.drawing rect', '.highlight'].map((s) => getComputedStyle(document.querySelector(s))).map((s) => [s.color, s.backgroundColor, s.fill])"
        seen = []
        for system in ("light", "dark"):
            self.print_layout(CHAPTERS[0], system)
            seen.append(self.run_script(look))
        self.assertEqual(*seen)

    def test_a_chapter_becomes_a_pdf(self):
        self.open(CHAPTERS[0])
        pdf = base64.b64decode(self.browser.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69})["data"])
        self.assertTrue(pdf.startswith(b"%PDF"))
        self.assertGreater(len(pdf), 100_000)


if __name__ == "__main__":
    unittest.main()
