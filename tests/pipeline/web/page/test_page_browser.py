"""The page in a real browser: what its users do with it, and what must not happen."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from selenium import webdriver
from selenium.common.exceptions import ElementClickInterceptedException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.bench.batches import running
from tests.support.drawing import write_page
from tests.support.forms import AGE, AMOUNT, draw_blank, write_in
from tests.support.pdfs import make_pdf

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver on the PATH"),
    pytest.mark.skipif(sys.platform == "win32", reason="the server is stopped by a signal"),
]

PATIENCE_S = 40
ROW_PX, HEAD_PX = 64, 36
MAIN = "[data-testid=stMain]"
ERRORS = f"{MAIN} [data-testid=stAlert]"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a server, which reads uploads called crash... badly."""
    where = tmp_path_factory.mktemp("server")
    log = where / "log"
    with running(where, "--serve", "--port", "0", "--workers", "2", log=log, is_faulty=True) as process:
        until_s = time.monotonic() + PATIENCE_S
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text("utf-8"))):
            assert process.poll() is None and time.monotonic() < until_s, log.read_text("utf-8")
            time.sleep(0.05)
        yield found[0]
        process.terminate()
        assert process.wait(20) == 0
    assert "Traceback" not in log.read_text("utf-8")


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(downloads: Path) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        driver.set_window_size(1400, 1300)
        yield driver
    finally:
        driver.quit()


class Visit:
    """The page as one user meets it: each tab of the browser has a session of its own."""

    def __init__(self, browser: webdriver.Chrome, address: str) -> None:
        self.browser = browser
        browser.get(address)
        self.wait_for("[data-testid=stFileUploaderDropzoneInput]")

    def wait_for(self, selector: str, text: str = "", n: int = 1) -> WebElement:
        """Return the n-th element of a selector that shows a text, once there is one."""

        def find(browser: webdriver.Chrome) -> WebElement | bool:
            script = (
                "return [...document.querySelectorAll(arguments[0])]"
                ".filter(e => (e.textContent + (e.value ?? '')).includes(arguments[1]))"
            )
            found = browser.execute_script(script, selector, text)
            return found[n - 1] if len(found) >= n else False

        return WebDriverWait(self.browser, PATIENCE_S, 0.1).until(find, f"no {selector} with {text!r}")

    def upload(self, *paths: Path, where: str = MAIN, n: int = 1) -> None:
        self.wait_for(f"{where} [data-testid=stFileUploaderDropzoneInput]", n=n).send_keys("\n".join(map(str, paths)))

    def press(self, text: str, selector: str = "button") -> None:
        """Press what shows a text; the page may be drawing it anew at this moment."""

        def press_once(browser: webdriver.Chrome) -> bool:
            element = self.wait_for(selector, text)
            browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
            element.click()
            return True

        moving = [StaleElementReferenceException, ElementClickInterceptedException]
        WebDriverWait(self.browser, PATIENCE_S, 0.1, moving).until(press_once)

    def read_summary(self, text: str) -> None:
        """Wait until the line above the pages says this."""
        self.wait_for(f"{MAIN} [data-testid=stMarkdown] strong", text)

    def edit(self, row: int, text: str) -> None:
        """Type a number into the table of the page that is shown, beside the picture of the row."""
        grid = self.wait_for(f"{MAIN} canvas[data-testid=data-grid-canvas]")
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", grid)
        size = grid.size
        at = int(20 - size["width"] / 2), int(HEAD_PX + ROW_PX * (row + 0.5) - size["height"] / 2)
        ActionChains(self.browser).move_to_element_with_offset(grid, *at).click().perform()
        ActionChains(self.browser, duration=20).send_keys(Keys.ARROW_RIGHT).pause(0.2).send_keys(text[0]).perform()
        field = self.wait_for(".gdg-input")
        field.send_keys(text[1:])
        self.wait_for(".gdg-input", text)
        time.sleep(0.3)  # the table takes in what is typed a moment later
        field.send_keys(Keys.ENTER)

    def drag(self, element: WebElement, *points: tuple[float, float]) -> None:
        """Drag through points, given as fractions of an element's width and height."""
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        width, height = element.size["width"], element.size["height"]
        places = [(int((x - 0.5) * width), int((y - 0.5) * height)) for x, y in points]
        actions = ActionChains(self.browser, duration=20).move_to_element_with_offset(element, *places[0])
        actions.click_and_hold()
        for place in places[1:]:
            actions.move_to_element_with_offset(element, *place)
        actions.release().perform()

    def find_component(self, selector: str) -> WebElement:
        """Return an element of a component of ours, each of which has a tree of its own."""
        script = """for (const host of document.querySelectorAll('*')) {
            const found = host.shadowRoot?.querySelector(arguments[0]); if (found) return found; }"""
        return WebDriverWait(self.browser, PATIENCE_S, 0.1).until(lambda b: b.execute_script(script, selector))

    def check_requests(self, address: str) -> None:
        """Assert that nothing was asked for but from this server."""
        events = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        assert any(url.startswith(address) for url in asked)
        assert not [url for url in asked if not url.startswith((address, "data:", "blob:", "about:", "chrome:"))]


def take(downloads: Path, name: str) -> bytes:
    """Return a file that was downloaded, and remove it."""
    path, until_s = downloads / name, time.monotonic() + PATIENCE_S
    while not path.exists():
        assert time.monotonic() < until_s, f"{name} was not downloaded"
        time.sleep(0.05)
    raw = path.read_bytes()
    path.unlink()
    return raw


def save(path: Path, gray: np.ndarray) -> Path:
    cv2.imwrite(str(path), gray)
    return path


def test_numbers_are_corrected_and_taken_away(
    browser: webdriver.Chrome, address: str, downloads: Path, tmp_path: Path
) -> None:
    visit = Visit(browser, address)
    page = save(tmp_path / "a.png", write_page("4237", "560"))
    text = tmp_path / "![x](http:).jpg"
    text.write_text("no picture")
    visit.upload(page, text, save(tmp_path / "crash.png", write_page("1")))
    visit.read_summary("3 pages · 2 numbers")
    visit.read_summary("2 could not be read")
    visit.edit(0, "99")
    visit.read_summary("1 corrected or confirmed")
    visit.press("CSV")
    rows = list(csv.DictReader(io.StringIO(take(downloads, "numbers.csv").decode("utf-8-sig"))))
    assert [row["status"] for row in rows] == ["accepted", "accepted", "failed", "failed"]
    assert "99" in {row["number"] for row in rows[:2]}
    assert {row["reason"].split(" ")[0] for row in rows[2:]} == {"this", "the"}
    visit.press("Corrections")
    with zipfile.ZipFile(io.BytesIO(take(downloads, "corrections.zip"))) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {"crops", "pages", "results.json", "review.csv"}
        assert b",99\r\n" in archive.read("review.csv")
    visit.press("Next")
    visit.wait_for(ERRORS, "![x](http:).jpg: this is a text file, not a picture")
    visit.press("Next")
    visit.wait_for(ERRORS, "crash.png: the process that read it ended")
    visit.check_requests(address)


def test_users_see_nothing_of_one_another(browser: webdriver.Chrome, address: str, tmp_path: Path) -> None:
    first, own = Visit(browser, address), browser.current_window_handle
    first.upload(save(tmp_path / "mine.png", write_page("4237")))
    first.read_summary("1 page · 1 number")
    browser.switch_to.new_window("tab")
    try:
        second = Visit(browser, address)
        second.upload(save(tmp_path / "yours.png", write_page("56", "78")))
        second.read_summary("1 page · 2 numbers")
        assert "mine.png" not in browser.page_source
        browser.switch_to.window(own)
        first.read_summary("1 page · 1 number")
        assert "yours.png" not in browser.page_source
        browser.switch_to.window(browser.window_handles[-1])
    finally:
        browser.close()
        browser.switch_to.window(own)


def test_drawing_is_read(browser: webdriver.Chrome, address: str) -> None:
    visit = Visit(browser, address)
    visit.press("Draw", "[role=tab]")
    sheet = visit.find_component("canvas")
    visit.drag(sheet, (0.35, 0.25), (0.45, 0.25), (0.4, 0.75))
    visit.drag(sheet, (0.55, 0.25), (0.65, 0.25), (0.6, 0.75))
    visit.find_component("button.read").click()
    visit.read_summary("1 page · 1 number")
    visit.wait_for("button", "drawing-1.png")


def test_template_is_made_and_read_with(
    browser: webdriver.Chrome, address: str, downloads: Path, tmp_path: Path
) -> None:
    blank = draw_blank()
    filled = blank.copy()
    write_in(filled, "305", AMOUNT)
    write_in(filled, "62", AGE)
    visit = Visit(browser, address)
    visit.press("Form template", "[role=tab]")
    visit.upload(save(tmp_path / "blank.png", blank), n=2)
    visit.wait_for(f"{MAIN} strong", "3 fields")
    form = visit.find_component("svg")
    visit.drag(form, (0.1, 0.7), (0.3, 0.8))
    visit.wait_for(f"{MAIN} strong", "4 fields")
    visit.find_component("rect.box").click()
    visit.find_component("button.delete").click()
    visit.wait_for(f"{MAIN} strong", "3 fields")
    visit.press("Use it for all pages")
    visit.wait_for("[data-testid=stSidebar]", "Template in use")
    visit.press("Files", "[role=tab]")
    visit.upload(save(tmp_path / "filled.png", filled))
    visit.read_summary("1 page")
    visit.press("CSV")
    (row,) = csv.DictReader(io.StringIO(take(downloads, "numbers.csv").decode("utf-8-sig")))
    assert {name for name in row if re.fullmatch(r"field_\d", name)} == {"field_2", "field_3", "field_4"}
    assert row["field_3"] == "62"


def test_many_pages_on_a_narrow_screen(browser: webdriver.Chrome, address: str, tmp_path: Path) -> None:
    drawn = "0 g 2 w 30 30 m 30 90 l S 75 90 m 100 90 l 80 30 l S"
    path = tmp_path / "many.pdf"
    path.write_bytes(make_pdf([drawn] * 10, "0 0 200 120"))
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        visit = Visit(browser, address)
        visit.upload(path)
        visit.wait_for("[data-testid=stProgress]", "of 10")
        visit.read_summary("10 pages")
        visit.wait_for(f"{MAIN} [data-testid=stImage] img")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        visit.press("Next")
        visit.wait_for(f"{MAIN} [data-testid=stSelectbox] input", "many.pdf, page 2")
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
