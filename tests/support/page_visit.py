"""The page in a real browser: a server, Debian's Chromium, and what a user does."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_core_python.selenium import Axe
from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    StaleElementReferenceException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.bench.batches import running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

PATIENCE_S = 60
ROW_PX, HEAD_PX = 66, 36
_MOVING = (StaleElementReferenceException, ElementClickInterceptedException, ElementNotInteractableException)
"""What is raised while the page draws anew what is being used."""

MAIN = "[data-testid=stMain]"
"""Of the page, without the side bar."""


@contextmanager
def serving(where: Path, is_faulty: bool = False) -> Iterator[str]:
    """Yield the address of a server, which ends with exit code 0 and without a traceback."""
    log = where / "log"
    with running(where, "--serve", "--port", "0", "--workers", "2", log=log, is_faulty=is_faulty) as process:
        until_s = time.monotonic() + PATIENCE_S
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text("utf-8"))):
            assert process.poll() is None and time.monotonic() < until_s, log.read_text("utf-8")
            time.sleep(0.05)
        yield found[0]
        process.terminate()
        assert process.wait(20) == 0
    assert "Traceback" not in log.read_text("utf-8")


@contextmanager
def open_browser(downloads: Path, size_px: tuple[int, int] = (1400, 1300)) -> Iterator[webdriver.Chrome]:
    """Yield a browser that puts what it downloads into a folder."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        driver.set_window_size(*size_px)
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

    def upload(self, *paths: Path, n: int = 1) -> None:
        """Give files to the n-th place for them."""
        self.wait_for(f"{MAIN} [data-testid=stFileUploaderDropzoneInput]", n=n).send_keys("\n".join(map(str, paths)))

    def press(self, text: str, selector: str = "button") -> None:
        """Press what shows a text, once the page is drawn: what is about to be replaced does nothing any more."""
        self._wait_until_drawn()

        def press_once(browser: webdriver.Chrome) -> bool:
            element = self.wait_for(selector, text)
            browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
            element.click()
            return True

        WebDriverWait(self.browser, PATIENCE_S, 0.1, _MOVING).until(press_once)

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

    def drag(self, selector: str, *points: tuple[float, float]) -> None:
        """Drag through points, given as fractions of the width and height of an element of a component of ours."""
        self._use_component(selector, lambda element: self._drag(element, *points))

    def type_component(self, selector: str, text: str) -> None:
        """Type into an element of a component of ours, and press Enter."""
        self._use_component(selector, lambda element: element.send_keys(text, Keys.ENTER))

    def press_component(self, selector: str) -> None:
        """Press an element of a component of ours."""
        self._use_component(selector, lambda element: element.click())

    def _use_component(self, selector: str, use: Callable[[WebElement], None]) -> None:
        """Use an element of a component of ours; the page may be drawing it anew at this moment."""

        def use_once(browser: webdriver.Chrome) -> bool:
            use(self.find_component(selector))
            return True

        WebDriverWait(self.browser, PATIENCE_S, 0.1, _MOVING).until(use_once)

    def _drag(self, element: WebElement, *points: tuple[float, float]) -> None:
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        width, height = element.size["width"], element.size["height"]
        places = [(int((x - 0.5) * width), int((y - 0.5) * height)) for x, y in points]
        actions = ActionChains(self.browser, duration=20).move_to_element_with_offset(element, *places[0])
        actions.click_and_hold()
        for place in places[1:]:
            actions.move_to_element_with_offset(element, *place)
        actions.release().perform()

    def find_component(self, selector: str, text: str = "") -> WebElement:
        """Return an element of a component of ours that shows a text; each component has a tree of its own."""
        script = """for (const host of document.querySelectorAll('*')) {
            const found = host.shadowRoot?.querySelector(arguments[0]);
            if (found?.textContent.includes(arguments[1])) return found; }"""
        wait = WebDriverWait(self.browser, PATIENCE_S, 0.1)
        return wait.until(
            lambda browser: browser.execute_script(script, selector, text), f"no {selector} with {text!r}"
        )

    def find_faults(self) -> list[tuple[str, list[str]]]:
        """Return what axe-core finds wrong for people with disabilities: its rules, and the elements that break them.

        Left out is a rule that Streamlit breaks in its own place for files, with a role that it need not have.
        """
        self._wait_until_drawn()
        results = Axe().run(self.browser, options={"resultTypes": ["violations"]})
        assert "color-contrast" in {one["id"] for one in results["passes"]}
        faults = [one for one in results["violations"] if one["id"] != "presentation-role-conflict"]
        return [(one["id"], [node["html"] for node in one["nodes"]]) for one in faults]

    def _wait_until_drawn(self) -> None:
        """Wait until nothing is drawn anew: what is about to be replaced is pale meanwhile."""
        state = "[data-testid=stApp][data-test-script-state=notRunning]"
        script = f"return document.querySelector('{state}') && !document.querySelector('[data-stale=true]')"
        WebDriverWait(self.browser, PATIENCE_S, 0.1).until(lambda browser: browser.execute_script(script))
        WebDriverWait(self.browser, PATIENCE_S, 0.1).until(
            lambda b: b.execute_script("return !document.getAnimations().some(e => e.playState === 'running')")
        )

    def check_requests(self, address: str) -> None:
        """Assert that nothing was asked for but from this server."""
        events = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        assert any(url.startswith(address) for url in asked)
        assert not [url for url in asked if not url.startswith((address, "data:", "blob:", "about:", "chrome:"))]
