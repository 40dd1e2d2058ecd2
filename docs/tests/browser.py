"""Shared by tests in a real browser: headless Chromium, driven by Selenium."""

import functools
import http.server
import os
import shutil
import tempfile
import threading
import unittest
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("COURSE_BUILD", ROOT / "build")) / "site"
PAGES = sorted(str(page.relative_to(SITE)) for page in SITE.rglob("*.html") if "_static" not in page.parts)
CHAPTERS = [page for page in PAGES if page.startswith("chapters/")]
OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",  # containers have little of that
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Browser(unittest.TestCase):
    """Shared by tests in a browser."""

    served = SITE

    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=cls.served))
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        profile = tempfile.mkdtemp(prefix="site-test-")
        cls.addClassCleanup(shutil.rmtree, profile, ignore_errors=True)

        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or shutil.which("google-chrome")
        for option in [*OPTIONS, f"--user-data-dir={profile}", "--window-size=1280,900"]:
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        cls.browser = webdriver.Chrome(service=Service(shutil.which("chromedriver") or shutil.which("chromium.chromedriver")), options=options)
        cls.addClassCleanup(cls.browser.quit)
        cls.browser.set_page_load_timeout(60)

    def setUp(self):
        self.browser.execute_cdp_cmd("Storage.clearDataForOrigin", {
            "origin": f"http://127.0.0.1:{self.server.server_port}", "storageTypes": "local_storage"})
        self.set_width(1280)
        self.set_system("light")

    def open(self, page):
        self.browser.get(f"http://127.0.0.1:{self.server.server_port}/{page}")

    def run_script(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def find(self, selector, inside=None):
        return (inside or self.browser).find_element(By.CSS_SELECTOR, selector)

    def wait_for(self, condition):
        return WebDriverWait(self.browser, 20).until(lambda _: condition())

    def set_system(self, scheme):
        """Makes the reader's system light or dark."""
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "media": "", "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def set_width(self, width):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})

    def for_each(self, check, pages=PAGES):
        for page in pages:
            with self.subTest(page):
                self.open(page)
                check()
