"""The website in a real browser."""

import json
import unittest

from browser import CHAPTERS, ROOT, SITE, Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

# Unreadable text: its contrast with the background is below 4.5 (3 for large text).
CONTRAST = """
// The colours of the boxes in a drawing that a text stands on, the topmost first.
function boxes(element) {
  if (!element.ownerSVGElement) return [];
  const around = (e) => e.getBoundingClientRect(), text = around(element);
  const [x, y] = [text.left + text.width / 2, text.top + text.height / 2];
  return [...element.ownerSVGElement.querySelectorAll("rect")].reverse()
    .filter((e) => around(e).left < x && x < around(e).right && around(e).top < y && y < around(e).bottom)
    .map((e) => getComputedStyle(e).fill).filter((fill) => fill !== "none");
}
const number = (text) => text.match(/[\\d.]+/g).map(Number);
const linear = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
const memoised = (f, known = new Map()) => (e) => known.has(e) ? known.get(e) : known.set(e, f(e)).get(e);
const opacity = memoised((e) => e ? getComputedStyle(e).opacity * opacity(e.parentElement) : 1);
const painted = (colour, ground) => {
  const [r, g, b, a = 1] = number(colour);
  return ground.map((c, i) => c + ([r, g, b][i] - c) * a);
};
const background = memoised((e) => e ? painted(getComputedStyle(e).backgroundColor, background(e.parentElement)) : [255, 255, 255]);
const behind = (element) => boxes(element).reduceRight((ground, fill) => painted(fill, ground), background(element));
const found = new Map();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walker.nextNode());) {
  const element = node.parentElement;
  if (!node.data.trim() || element.closest(".visually-hidden, script, style, noscript, title, desc, .MathJax, .MathJax_CHTML, .mjx-chtml")) continue;
  const style = getComputedStyle(element);
  if (!element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})) continue;
  const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  const back = behind(element), front = number(element.ownerSVGElement ? style.fill : style.color).slice(0, 3).map((c, i) => back[i] + (c - back[i]) * opacity(element));
  const [text, ground] = [luminance(front), luminance(back)];
  const contrast = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
  if (contrast < (large ? 3 : 4.5)) {
    const where = `${element.tagName}.${element.getAttribute("class")} in ${element.parentElement.getAttribute("class")}`;
    found.set(where, `${where}: ${contrast.toFixed(2)}, "${node.data.trim().slice(0, 30)}"`);
  }
}
return [...found.values()];
"""

# Elements without a name for a screen reader.
UNNAMED = """
const named = (e) => e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.title || e.textContent.trim()
  || [...(e.labels || [])].some((label) => label.textContent.trim()) || e.querySelector("img[alt], svg title") || e.placeholder;
const shown = (e) => e.checkVisibility({checkVisibilityCSS: true});
const wrong = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea")]
  .filter((e) => shown(e) && e.type !== "submit" && !named(e)).map((e) => e.outerHTML.slice(0, 100));
const ids = [...document.querySelectorAll("[id]:not(.breathe-sectiondef-title)")].map((e) => e.id);  // Breathe repeats those
const twice = ids.filter((id, n) => ids.indexOf(id) !== n).map((id) => "id twice: " + id);
const broken = [...document.querySelectorAll("img")].filter((i) => i.complete && i.naturalWidth === 0).map((i) => "broken: " + i.src);
return [...wrong, ...twice, ...broken, ...(document.documentElement.lang ? [] : ["the page names no language"])];
"""

# Elements that scroll, but not with the keyboard.
UNREACHABLE = """
const scrolls = (e) => e.scrollWidth > e.clientWidth && ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
return [...document.querySelectorAll(".content *")].filter((e) => scrolls(e) && e.checkVisibility())
  .filter((e) => e.tabIndex < 0 && !e.querySelector("a[href], button, input, [tabindex]")).map((e) => e.outerHTML.slice(0, 100));
"""


# Copy buttons that cover the first line of code.
COVERED = """
return [...document.querySelectorAll("button.copybtn")].filter((e) => e.checkVisibility()).filter((button) => {
  const range = document.createRange();
  range.selectNodeContents(button.parentElement.querySelector("pre"));
  return range.getClientRects().length && [...range.getClientRects()].some((line) => line.width > 0 && line.top < button.getBoundingClientRect().bottom - 1);
}).map((e) => e.parentElement.textContent.slice(0, 60));
"""

# Labels of drawings, and of figures with labels of 14 units, that are smaller than 11 pixels.
SMALL_LABELS = """
const drawn = [...document.querySelectorAll(".drawing svg text")].map((e) =>
  [e.textContent, parseFloat(getComputedStyle(e).fontSize) * e.ownerSVGElement.clientWidth / e.ownerSVGElement.viewBox.baseVal.width]);
const plotted = [...document.querySelectorAll("figure.plot.svg img")].filter((e) => e.checkVisibility())
  .map((e) => [e.src, 14 * e.clientWidth / (e.classList.contains("narrow") ? 400 : 800)]);
return [...drawn, ...plotted].filter(([, size]) => size < 10.99);
"""

# Without this, transitions would be measured halfway.
NO_TRANSITIONS = "document.head.insertAdjacentHTML('beforeend', '<style>*{transition:none!important}</style>')"

# The element with the focus, and whether an outline around it or its label can be seen.
FOCUS = """
const focused = document.activeElement;
const seen = (e) => getComputedStyle(e).outlineStyle !== "none" && getComputedStyle(e).opacity > 0;
return [`${focused.tagName} ${focused.outerHTML.slice(0, 100)}`, [focused, ...(focused.labels || [])].some(seen)];
"""

# Timelines that are wider than the screen.
CUT_TIMELINES = """
return [...document.querySelectorAll("figure.timeline")].filter((figure) => {
  const shown = [...figure.querySelectorAll("img")].filter((e) => e.checkVisibility());
  return shown.length !== 1 || figure.scrollWidth > figure.clientWidth || shown[0].getBoundingClientRect().right > innerWidth;
}).map((e) => e.textContent);
"""

# Texts of a picture that its edge cuts off.
OUTSIDE = """
document.body.innerHTML = arguments[0];
const svg = document.querySelector("svg"), size = svg.viewBox.baseVal, place = svg.getScreenCTM().inverse();
return [...svg.querySelectorAll("text")].filter((e) => e.textContent.trim()).filter((e) => {
  const box = e.getBoundingClientRect(), at = (x, y) => new DOMPoint(x, y).matrixTransform(place);
  const from = at(box.left, box.top), to = at(box.right, box.bottom);
  return from.x < 0 || from.y < 0 || to.x > size.width || to.y > size.height;
}).map((e) => e.textContent);
"""

# Texts of drawings that overlap each other or leave their boxes.
CROWDED = """
const around = (e) => e.getBoundingClientRect();
const inside = (box, x, y) => box.left < x && x < box.right && box.top < y && y < box.bottom;
return [...document.querySelectorAll(".drawing svg")].flatMap((svg) => {
  const texts = [...svg.querySelectorAll("text")], boxes = [...svg.querySelectorAll("rect")].map(around).sort((a, b) => a.width - b.width);
  return texts.filter((text, n) => {
    const own = around(text);
    const box = boxes.find((b) => inside(b, own.left + own.width / 2, own.top + own.height / 2));
    return box && (own.left < box.left + 1 || own.right > box.right - 1) || texts.slice(n + 1).map(around).some((other) =>
      own.left < other.right - 1 && other.left < own.right - 1 && own.top < other.bottom - 3 && other.top < own.bottom - 3);
  }).map((text) => text.textContent);
});
"""

# A reader's system, and the theme chosen on the page; "auto" follows the system.
READERS = [("light", "light"), ("light", "dark"), ("light", "auto"), ("dark", "auto"), ("dark", "light")]


class BrowserTest(Browser):
    def test_pages_load_without_errors_and_ask_no_other_site(self):
        self.browser.get_log("performance")

        def check():
            self.run_script("document.querySelectorAll('img').forEach((i) => i.loading = 'eager')")
            if self.run_script("return Boolean(document.querySelector('.math'))"):
                self.wait_for(lambda: self.run_script("return Boolean(document.querySelector('.MathJax_CHTML, .mjx-chtml'))"))
            errors = [entry["message"] for entry in self.browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
            self.assertEqual(errors, [])
            for entry in self.browser.get_log("performance"):
                event = json.loads(entry["message"])["message"]
                if event["method"] == "Network.requestWillBeSent":
                    url = event["params"]["request"]["url"]
                    self.assertRegex(url, r"^(http://127\.0\.0\.1:|data:|chrome:|about:|blob:)")

        self.for_each(check)

    def test_a_phone_need_not_scroll_sideways(self):
        self.set_width(360)

        def check():
            width = self.run_script("return document.documentElement.scrollWidth")
            self.assertLessEqual(width, 360)
            self.assertEqual(self.run_script(UNREACHABLE), [])

        self.for_each(check)

    def test_text_can_be_read_and_controls_have_names(self):
        def check():
            self.assertEqual(self.run_script(UNNAMED), [])
            self.run_script(NO_TRANSITIONS)
            for system, theme in READERS:
                self.set_system(system)
                self.run_script("document.body.dataset.theme = arguments[0]", theme)
                self.assertEqual(self.run_script(CONTRAST), [], f"{theme} on a {system} system")

        self.for_each(check)

    def test_auto_looks_as_the_system_does(self):
        look = """return ["body", "pre", ".sidebar-drawer", ".content", ".drawing .box", "figure.plot.svg img", ".copybtn > *"]
          .map((selector) => document.querySelector(selector)).map((e) => getComputedStyle(e))
          .map((style) => [style.color, style.backgroundColor, style.fill, style.filter, style.colorScheme])"""
        self.open(CHAPTERS[0])
        self.run_script(NO_TRANSITIONS)
        seen = {}
        for system, theme in READERS:
            self.set_system(system)
            self.run_script("document.body.dataset.theme = arguments[0]", theme)
            seen[system, theme] = self.run_script(look)
        self.assertEqual(seen["light", "auto"], seen["light", "light"])
        self.assertEqual(seen["dark", "auto"], seen["light", "dark"])
        self.assertEqual(seen["dark", "light"], seen["light", "light"])
        self.assertNotEqual(seen["dark", "auto"], seen["light", "auto"])

    def test_a_wrong_colour_in_a_drawing_is_noticed(self):
        self.open(CHAPTERS[0])
        self.run_script("document.querySelector('.drawing').style.setProperty('--d-fill', 'var(--color-foreground-primary)')")
        self.assertTrue(any(text.startswith("text") for text in self.run_script(CONTRAST)))

    def test_search_finds(self):
        self.open("index.html")
        field = self.find("input[name=q]")
        field.send_keys("Amdahl", Keys.ENTER)
        self.wait_for(lambda: self.browser.find_elements(By.CSS_SELECTOR, "#search-results li a"))
        found = [link.get_attribute("href") for link in self.browser.find_elements(By.CSS_SELECTOR, "#search-results li a")]
        self.assertTrue(any("chapters/01_process.html" in link for link in found), found)

    def test_search_says_when_there_is_nothing(self):
        self.open("search.html?q=zyxwvut")
        self.wait_for(lambda: "did not match" in self.find("#search-results").text)

    def test_the_theme_button_changes_the_theme_and_it_stays(self):
        self.open("index.html")
        ground = "return getComputedStyle(document.body).backgroundColor"
        seen = {self.run_script(ground)}
        button = next(b for b in self.browser.find_elements(By.CSS_SELECTOR, ".theme-toggle") if b.is_displayed())
        for _ in range(2):
            button.click()
            seen.add(self.run_script(ground))
        self.assertEqual(len(seen), 2, "light and dark")
        theme = self.run_script("return document.body.dataset.theme")
        self.open(CHAPTERS[0])
        self.assertEqual(self.run_script("return document.body.dataset.theme"), theme)

    def test_one_tab_for_python_switches_all(self):
        self.open(CHAPTERS[0])
        first, second = self.browser.find_elements(By.CSS_SELECTOR, ".tabs")[:2]
        cpp, python = first.find_elements(By.CSS_SELECTOR, ".tab")
        self.assertTrue(cpp.is_displayed() and not python.is_displayed())
        self.run_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", first)
        self.find("label[for$=python]", first).click()
        self.assertTrue(python.is_displayed() and not cpp.is_displayed())
        self.assertIn("from multiprocessing import", python.text)
        self.assertTrue(second.find_elements(By.CSS_SELECTOR, ".tab")[1].is_displayed())
        # With the keyboard, the arrow goes back to C++.
        self.find("input[value=python]", first).send_keys(Keys.ARROW_LEFT)
        self.assertTrue(cpp.is_displayed())

    def test_copying_takes_the_command_and_not_the_output(self):
        self.open("index.html")
        self.run_script("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); };"
                        "document.execCommand = (c) => { window.copied = String(getSelection()) || document.activeElement.value; return true; };")
        output = self.find(".output")
        self.run_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", output)
        self.run_script("arguments[0].click()", self.find("button.copybtn", output))
        self.assertEqual(self.wait_for(lambda: self.run_script("return window.copied")).strip(), "./course run greeting")

    def test_copying_a_lesson_takes_its_includes(self):
        self.open(CHAPTERS[0])
        self.run_script("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); };"
                        "document.execCommand = (c) => { window.copied = String(getSelection()) || document.activeElement.value; return true; };")
        code = self.wait_for(lambda: self.find("script.includes + div"))
        shown = code.text
        self.run_script("arguments[0].click()", self.wait_for(lambda: self.find("button.copybtn", code)))
        copied = self.wait_for(lambda: self.run_script("return window.copied"))
        source = (ROOT / "01_process" / "greeting.cpp").read_text()
        includes = [line for line in source.splitlines() if line.startswith("#include")]
        self.assertEqual(copied.splitlines()[:len(includes)], includes)
        self.assertIn("void greet(int number)", copied)
        self.assertEqual(code.text, shown)

    def test_the_first_tab_stop_leads_past_the_navigation(self):
        self.open(CHAPTERS[0])
        self.run_script(NO_TRANSITIONS)
        self.find("body").send_keys(Keys.TAB)
        link = self.browser.switch_to.active_element
        self.assertIn(link.text, ("To the text", "Skip to content"))  # newer versions of Furo have their own
        self.assertGreaterEqual(link.rect["y"], 0)
        link.send_keys(Keys.ENTER)
        self.browser.switch_to.active_element.send_keys(Keys.TAB)
        self.assertTrue(self.run_script("return Boolean(document.activeElement.closest('article'))"))

    def test_the_keyboard_shows_where_it_is(self):
        self.open(CHAPTERS[0])
        self.wait_for(lambda: self.run_script("return Boolean(document.querySelector('.copybtn'))"))
        self.run_script(NO_TRANSITIONS)
        seen = set()
        for _ in range(70):
            self.browser.switch_to.active_element.send_keys(Keys.TAB)
            name, shown = self.run_script(FOCUS)
            seen.add(name.split()[0])
            self.assertTrue(shown, name)
        self.assertTrue({"A", "BUTTON", "INPUT", "SUMMARY"} <= seen, seen)

    def test_on_a_phone_nothing_covers_code_and_labels_are_legible(self):
        self.set_width(390)

        def check():
            self.wait_for(lambda: self.run_script("return document.querySelectorAll('pre').length === 0 || Boolean(document.querySelector('.copybtn'))"))
            self.assertEqual(self.run_script(COVERED), [])
            self.assertEqual(self.run_script(SMALL_LABELS), [])
            self.assertEqual(self.run_script(CROWDED), [])

        self.for_each(check, [*CHAPTERS, "index.html", "start.html", "performance.html"])

    def test_a_phone_shows_each_timeline_whole(self):
        self.set_width(390)
        self.for_each(lambda: self.assertEqual(self.run_script(CUT_TIMELINES), []), CHAPTERS)
        pictures = sorted((SITE / "_images").glob("*_timeline*.svg"))
        self.assertGreater(len(pictures), 20)
        for picture in pictures:
            with self.subTest(picture.name):
                self.assertEqual(self.run_script(OUTSIDE, picture.read_text()), [])


if __name__ == "__main__":
    unittest.main()
